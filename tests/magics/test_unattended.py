"""A notebook that is executed with nobody in front of it, as nbclient and papermill do."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.waiting import PATIENCE

CELLS = (
    "%load_ext modelop_jupyter",
    "import packaging\n# modelop.score\ndef predict(record):\n    return open('w.json'), packaging",
    "%modelop register churn",
)


@pytest.mark.slow
def test_a_question_that_nobody_can_answer_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cell ends, and names what was left out and the options that decide it (issue 15)."""
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path / "home"))
    (tmp_path / "w.json").write_text("{}")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    resources = {"metadata": {"path": str(tmp_path)}}
    waits = dict.fromkeys(("timeout", "startup_timeout", "iopub_timeout"), int(PATIENCE))
    NotebookClient(notebook, resources=resources, **waits).execute()

    shown = [output.data for output in notebook.cells[-1].outputs if "data" in output]
    text = " ".join("".join(data["text/plain"] for data in shown).split())
    assert "churn created" in text
    assert "Nobody can answer a question here, so churn is registered without w.json" in text
    assert "Add --yes to take all of it, or --asset w.json for the files alone." in text
