"""Whether a notebook has moved on since its model was registered."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from .conftest import Notebook

SCORE = "# modelop.score\ndef action(record):\n    return {'s': record['x']}"
EDITED = SCORE.replace("record['x']", "record['x'] + 1")


def save(path: Path, *sources: str) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


@pytest.fixture
def saved(notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the session's notebook, whose model is registered."""
    path = tmp_path / "churn.ipynb"
    save(path, SCORE)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    notebook.run(SCORE)
    notebook.run("%modelop register churn")
    return path


def test_an_edit_that_ran_is_shown(notebook: Notebook, saved: Path) -> None:
    """With the diff and what to type (issue 15)."""
    notebook.run("%modelop show churn")
    before = notebook.text
    notebook.run(EDITED)
    notebook.run("%modelop show churn")

    assert "the notebook differs" not in before
    assert "churn  the notebook differs" in notebook.text
    assert "The notebook differs from churn: '%modelop register churn' takes the edits." in (
        notebook.text
    )
    assert "+    return {'s': record['x'] + 1}" in notebook.text


def test_of_another_notebook_the_saved_text_counts(
    notebook: Notebook, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal has run nothing of it."""
    monkeypatch.delenv("JPY_SESSION_NAME")
    save(saved, EDITED)
    notebook.run("%modelop show churn")
    after_edit = notebook.text
    saved.unlink()
    notebook.run("%modelop show churn")

    assert "The notebook differs from churn" in after_edit
    assert "The notebook differs" not in notebook.text


def test_another_cell_is_no_difference(notebook: Notebook, saved: Path) -> None:
    """Only what the model needs counts."""
    notebook.run("import json\nprint(json)")
    notebook.run("%modelop show churn")

    assert "the notebook differs" not in notebook.text


def test_a_frozen_value_is_a_difference_when_it_is_another(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when its cell only ran again."""
    sources = [
        "import pathlib\nnames = pathlib.Path('in.json').read_text().split()",
        SCORE.replace("record['x']", "names"),
    ]
    path = tmp_path / "churn.ipynb"
    save(path, *sources)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    for source in sources:
        notebook.run(source)
    notebook.run("%modelop register churn --yes")
    notebook.run(sources[0])
    notebook.run("%modelop show churn")
    ran_again = notebook.text
    notebook.run("names.append('late')")
    notebook.run("%modelop show churn")

    assert "score        action" in ran_again
    assert "the notebook differs" not in ran_again
    assert "churn  the notebook differs" in notebook.text
    assert "'late'" in notebook.text


@pytest.mark.slow
def test_a_job_that_runs_the_older_state_says_so(notebook: Notebook, saved: Path) -> None:
    """In one line, with the snapshot that it runs."""
    notebook.run("%modelop batch churn in.json")
    first = notebook.out
    notebook.run(EDITED)
    notebook.run("%modelop batch churn in.json")

    assert notebook.error is None
    assert "The notebook differs" not in first
    assert "The notebook differs from churn@1, which this job runs" in notebook.out
