"""The end of a job in its folder: which end replaces which."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelop_jupyter.domain.jobs import SUPERVISOR_DIED, JobResult, JobStatus
from modelop_jupyter.jobs import job_errors
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome, is_recorded, write_outcome

NOW = datetime(2026, 11, 29, tzinfo=timezone.utc)
DONE = Outcome(JobStatus.COMPLETE, JobResult.SUCCESS, started=NOW, ended=NOW)


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    return folder


def test_the_supervisors_own_end_replaces_one_that_was_assumed(folder: JobFolder) -> None:
    """Issue 11, number 3: the registry gets it, too."""
    fault = job_errors.of_dead_supervisor()
    assumed = Outcome(JobStatus.ERROR, JobResult.FAILURE, started=NOW, ended=NOW, error=fault)
    assert fault.code == SUPERVISOR_DIED
    folder.write(assumed)
    (folder.root / "recorded").touch()

    write_outcome(folder, DONE)

    assert folder.read(Outcome) == DONE
    assert not is_recorded(folder)


def test_a_job_that_was_cancelled_meanwhile_stays_so(folder: JobFolder) -> None:
    """The user has seen that it is cancelled."""
    cancelled = Outcome(JobStatus.CANCELLED, JobResult.UNKNOWN, started=NOW, ended=NOW)
    folder.write(cancelled)

    assert write_outcome(folder, DONE) == cancelled
    assert folder.read(Outcome) == cancelled


def test_a_damaged_end_is_replaced(folder: JobFolder) -> None:
    """As after a kill while it was written."""
    (folder.root / "outcome.json").write_text('{"status"')

    write_outcome(folder, DONE)

    assert folder.read(Outcome) == DONE
