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
    assert "in.json cannot be imported: it is not a readable zip file" in str(captured.error)
