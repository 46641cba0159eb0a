"""The lines of the README, and the steps of the tutorial, run as they are pasted."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat.v4
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobResult

from .conftest import Run, executed_in

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
_CODE = re.compile(r"^```(?:python|ipython)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)


def run(document: str, folder: Path) -> Run:
    """Execute the code of a document in a new notebook, a cell for each block."""
    blocks = _CODE.findall((ROOT / document).read_text(encoding="utf-8"))
    cells = [nbformat.v4.new_code_cell(block, id=f"block-{n}") for n, block in enumerate(blocks)]
    with executed_in(folder, nbformat.v4.new_notebook(cells=cells)) as done:
        return done


def test_the_lines_of_the_readme_run_in_one_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Registered, scored and measured, from one block that holds everything."""
    done = run("README.md", tmp_path)
    monkeypatch.setenv("MODELOP_HOME", str(done.home))

    with Workspace() as workspace:
        metrics, batch = (workspace.job(record.id) for record in workspace.jobs())

        assert [cell.id for cell in done.notebook.cells] == ["block-0"]
        assert list(batch.records()) == [
            {"celsius": pytest.approx(10)},
            {"celsius": pytest.approx(20)},
        ]
        assert metrics.metrics == {"mean": pytest.approx(15)}


def test_the_tutorial_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both jobs succeed, the expectation is met, and no record of the 442 is bad."""
    done = run("docs/tutorial.md", tmp_path)
    monkeypatch.setenv("MODELOP_HOME", str(done.home))

    with Workspace() as workspace:
        metrics, batch = workspace.jobs()

        assert (batch.result, metrics.result) == (JobResult.SUCCESS, JobResult.SUCCESS)
        assert (batch.counts.scored, batch.counts.rejected + batch.counts.failed) == (442, 0)
        assert metrics.has_passed
