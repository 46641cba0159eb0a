"""The environment's progress in a job's events: told where it is new, and counted on by who looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.jobs import log
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.steps import StepEvents, step_of


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    return folder


def test_only_what_is_new_is_written(folder: JobFolder) -> None:
    """A second more of the same step is no event; a job that has nothing to build has no phase."""
    tell = StepEvents(folder)
    before = list(folder.events())
    for seconds in range(5):
        tell(BuildStep("resolving", "1 requirement", float(seconds)))
    tell(BuildStep("installing", "1 package", 0.1))

    assert before == []
    assert [event.get("phase") or event["step"] for _, event in folder.events()] == [
        "environment",
        "resolving",
        "installing",
    ]


def test_a_download_is_no_flood(folder: JobFolder) -> None:
    """Of hundreds of looks a second few are written, and one line of the job's log."""
    tell = StepEvents(folder)
    for done in range(500):
        tell(BuildStep("downloading", "numpy", 0.1, done, 500))

    assert 2 <= len(list(folder.events())) < 20
    assert [line.split(" ", 2)[2] for line in log.lines(folder)] == [
        "[info] environment: downloading: numpy"
    ]


def test_seconds_go_on_for_who_looks(folder: JobFolder) -> None:
    """Nobody has to write that time goes by."""
    StepEvents(folder)(BuildStep("downloading", "numpy", 2.0, 1, 2, is_joined=True))
    *_, (_, event) = folder.events()

    seen = step_of(event, until=event["t"] + 3)

    assert seen == BuildStep("downloading", "numpy", 5.0, 1, 2, is_joined=True)
