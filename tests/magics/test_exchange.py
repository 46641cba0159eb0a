"""Whole models in a notebook: compare, export, import."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from IPython.core.error import UsageError

from .conftest import Notebook

SCORE = "FACTOR = 3\n\n# modelop.score\ndef action(record):\n    yield record['x'] * FACTOR"


@pytest.fixture
def captured(notebook: Notebook) -> Notebook:
    """A notebook whose model was changed since its snapshot."""
    notebook.run(SCORE)
    notebook.run("%modelop register churn --asset libs.txt")
    notebook.run("%modelop snapshot churn")
    notebook.run(SCORE.replace("3", "4"))
    notebook.run("%modelop register churn")
    return notebook


def test_what_was_changed_in_a_cell_is_shown_line_by_line(captured: Notebook) -> None:
    """The captured module of the snapshot beside that of now."""
    captured.run("%modelop diff churn@1 churn")

    assert "churn@1 and churn differ in source; everything else is the same." in captured.text
    assert "  -FACTOR = 3\n  +FACTOR = 4" in captured.text


def test_a_model_is_exported_and_imported_in_another_home(
    captured: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same notebook, with another MODELOP_HOME; variables stand for paths."""
    captured.run("target = 'my model.zip'")
    captured.run("%modelop export churn@1 {target}")
    written = captured.text
    monkeypatch.setitem(os.environ, "MODELOP_HOME", str(tmp_path / "other"))
    captured.run("%modelop import {target}")

    assert "churn@1  written" in written
    assert "'%modelop import' registers it on another machine" in written
    assert "churn  created" in captured.text
    assert "churn@1, new" in captured.text


def test_a_damaged_export_is_an_error_of_one_line(captured: Notebook) -> None:
    """A ModelOpError becomes a UsageError, here as anywhere."""
    captured.run("%modelop import in.json")

    assert isinstance(captured.error, UsageError)
    assert "in.json cannot be read as an export: it is not a readable zip file" in str(
        captured.error
    )


def test_an_exported_model_scores_a_variable_into_another(
    captured: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`%modelop run FILE` needs no registry; the job's records can be read while the session lasts."""
    captured.run("%modelop export churn@1 churn.zip")
    monkeypatch.setitem(os.environ, "MODELOP_HOME", str(tmp_path / "other"))
    captured.run("records = [{'x': 1}, {'x': 2}]")
    captured.run("%modelop run churn.zip records -o scores")
    shown = captured.text
    scores = captured.run("scores")
    captured.run("job = %modelop run churn.zip in.json --limit 2")
    kept = captured.run("list(job.records())")

    assert "batch churn@1  Succeeded" in shown
    assert (scores, kept) == ([3, 6], [0, 3])
    assert not (tmp_path / "other" / "registry.db").exists()


def test_a_job_of_an_export_can_be_shown_again(
    captured: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is looked up in the session's own home, and nothing is proposed that it cannot do."""
    captured.run("%modelop export churn@1 churn.zip")
    monkeypatch.setitem(os.environ, "MODELOP_HOME", str(tmp_path / "other"))
    captured.run("job = %modelop run churn.zip in.json")
    captured.run("display(job)")

    assert "3 in, 3 scored, 3 out" in captured.text
    assert "%modelop" not in captured.text
    assert not (tmp_path / "other" / "registry.db").exists()


def test_a_model_s_name_leads_to_the_kernel_s_cell(captured: Notebook) -> None:
    """`%modelop run churn`, typed for `%%modelop run churn`."""
    captured.run("%modelop run churn in.json")

    assert isinstance(captured.error, UsageError)
    assert "a cell for its kernel starts with '%%modelop run churn'" in str(captured.error)
