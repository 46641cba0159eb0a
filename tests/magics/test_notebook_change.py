"""Whether a notebook has moved on since its model was registered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from modelop_jupyter.capture import Captured, ModelCells

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
    """In one line of its summary, with the diff and the line that registers again (issue 15)."""
    notebook.run("%modelop batch churn in.json")
    first = notebook.text
    notebook.run(EDITED)
    notebook.run("%modelop batch churn in.json")
    html = notebook.shown[-1]["text/html"]

    assert notebook.error is None
    assert "The notebook differs" not in first
    assert "The notebook differs from churn@1, which this job ran." in notebook.text
    assert "%modelop register churn" in notebook.text
    assert "What differs" in html
    assert "record[&#x27;x&#x27;] + 1" in html


@pytest.mark.slow
def test_a_job_of_an_earlier_snapshot_is_no_news(notebook: Notebook, saved: Path) -> None:
    """What ran before the last registration is another state, as it should be."""
    notebook.run("%modelop batch churn in.json")
    notebook.run(EDITED)
    notebook.run("%modelop register churn")
    notebook.run(EDITED.replace("+ 1", "+ 2"))
    notebook.run("%modelop job show " + notebook.run("%modelop batch churn in.json").id)
    newest = notebook.text
    first = notebook.run("from modelop_jupyter import Workspace; Workspace().jobs()[-1].id")
    notebook.run(f"%modelop job show {first}")

    assert "The notebook differs from churn@2, which this job ran." in newest
    assert "The notebook differs" not in notebook.text


def test_lines_of_ours_leave_the_comparison_as_it_is(
    notebook: Notebook, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Capturing a long notebook takes a while: after each job it is done only for other code."""
    captured: list[str] = []
    capture = ModelCells.capture

    def counting(self: ModelCells, *options: Any) -> Captured:
        captured.append("")
        return capture(self, *options)

    monkeypatch.setattr(ModelCells, "capture", counting)
    notebook.run(EDITED)
    for _ in range(3):
        notebook.run("%modelop show churn")
        assert "the notebook differs" in notebook.text
    once = len(captured)
    notebook.run(SCORE)
    notebook.run("%modelop show churn")

    assert (once, len(captured)) == (1, 2)
    assert "the notebook differs" not in notebook.text
