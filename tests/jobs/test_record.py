"""The end of a job in its folder: who may write over whose."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelop_jupyter.domain.jobs import SUPERVISOR_DIED, JobResult, JobStatus
from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.jobs import faults
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.record import is_recorded, read_outcome, write_outcome

NOW = datetime(2026, 11, 29, tzinfo=timezone.utc)
DONE = Outcome(JobStatus.COMPLETE, JobResult.SUCCESS, started=NOW, ended=NOW)


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    return folder


def test_the_supervisors_own_end_replaces_one_that_was_assumed(folder: JobFolder) -> None:
    """Issue 11, number 3: and the registry is told anew."""
    fault = faults.of_dead_supervisor("12345678")
    assumed = Outcome(JobStatus.ERROR, JobResult.FAILURE, started=NOW, ended=NOW, error=fault)
    assert fault["code"] == SUPERVISOR_DIED
    folder.write("outcome.json", to_wire(assumed))
    (folder.root / "recorded").touch()

    write_outcome(folder, DONE)

    assert read_outcome(folder) == DONE
    assert not is_recorded(folder)


def test_a_job_that_was_cancelled_meanwhile_stays_so(folder: JobFolder) -> None:
    """Whoever cancelled it was told that it is."""
    cancelled = Outcome(JobStatus.CANCELLED, JobResult.UNKNOWN, started=NOW, ended=NOW)
    folder.write("outcome.json", to_wire(cancelled))

    assert write_outcome(folder, DONE) == cancelled
    assert read_outcome(folder) == cancelled


def test_an_end_is_written_over_what_is_no_end(folder: JobFolder) -> None:
    """Torn, or of somebody else."""
    (folder.root / "outcome.json").write_text('{"status"')

    write_outcome(folder, DONE)

    assert read_outcome(folder) == DONE
