"""The notebook of the panel, executed where nobody looks at it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobKind

from .conftest import Run, executed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once."""
    with executed("panel", tmp_path_factory) as run:
        yield run


def test_the_panel_is_there_in_a_form_that_stands_still(run: Run) -> None:
    """No widget that a saved notebook could not bring to life again."""
    assert "circles.py" in run.outputs("show-panel")
    assert "20 in, 20 scored" in run.outputs("show-panel")
    assert "widgets" not in run.notebook.metadata


def test_the_jobs_are_right(run: Run) -> None:
    """The areas of the first circles, and the metrics of all."""
    with Workspace() as workspace:
        jobs = {job.kind: workspace.job(job.id) for job in workspace.jobs(model="circles")}
        areas = [each["area"] for each in jobs[JobKind.BATCH].records()]
        found = jobs[JobKind.METRICS].metrics

    assert areas == [round(math.pi * (n / 4) ** 2, 3) for n in range(1, 21)]
    assert found == {"circles": 200, "largest": 50.0}


def test_exported_it_still_shows_every_result(run: Run) -> None:
    """As HTML that needs no kernel."""
    page = run.page

    assert "ModelOp panel" in page
    assert "test_circles.json" in page
