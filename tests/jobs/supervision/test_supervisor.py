"""The build of an environment as events of its job."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.following import log
from modelop_jupyter.jobs.protocol import EnvironmentEvent
from modelop_jupyter.jobs.start import PhaseEvent
from modelop_jupyter.jobs.supervision import supervisor
from modelop_jupyter.jobs.supervision.supervisor import BuildEvents
from tests.waiting import PATIENCE


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    return folder


def test_only_what_is_new_is_written(folder: JobFolder) -> None:
    """A second more of the same step is no event; a job that has nothing to build has no phase."""
    tell = BuildEvents(folder)
    before = list(folder.events())
    for seconds in range(5):
        tell(BuildStep("resolving", "1 requirement", float(seconds)))
    tell(BuildStep("installing", "1 package", 0.1))

    assert before == []
    assert [
        event.phase if isinstance(event, PhaseEvent) else event.step
        for _, event in folder.events()
        if isinstance(event, (PhaseEvent, EnvironmentEvent))
    ] == ["environment", "resolving", "installing"]


def test_a_download_writes_few_events(folder: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of hundreds of steps a second few are written, and one line of the job's log."""
    monkeypatch.setattr(supervisor, "_EVENT_SECONDS", PATIENCE)  # the whole test is that second
    tell = BuildEvents(folder)
    for done in range(500):
        tell(BuildStep("downloading", "numpy", 0.1, done, 500))

    assert 2 <= len(list(folder.events())) < 20
    assert [line.split(" ", 2)[2] for line in log.lines(folder)] == [
        "[info] environment: downloading: numpy"
    ]


def test_the_seconds_of_a_step_are_those_of_the_moment(folder: JobFolder) -> None:
    """No event is needed for the time that passes."""
    BuildEvents(folder)(BuildStep("downloading", "numpy", 2.0, 1, 2, is_joined=True))
    *_, (_, event) = folder.events()

    assert isinstance(event, EnvironmentEvent)
    assert event.step_at(event.t + 3) == BuildStep(
        "downloading", "numpy", 5.0, 1, 2, is_joined=True
    )
