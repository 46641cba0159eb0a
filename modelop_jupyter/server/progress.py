"""A job as lists and its own view show it: what is on record, and how far it is while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is that has not ended.

    ``rate`` is records per second, ``total`` an estimate of all records, ``memory`` the bytes taken.
    """

    phase: str
    step: BuildStep | None
    bytes: int
    total_bytes: int | None
    rate: float | None
    seconds_left: float | None
    total: int | None
    memory: int | None


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job; ``progress`` is None when it has ended."""

    record: JobRecord
    progress: Progress | None


def job_line(workspace: Workspace, record: JobRecord) -> JobLine:
    """Return a job with its progress."""
    if record.status.is_done:
        return JobLine(record, None)
    look = workspace.job_look(record.id)
    if look.record.status.is_done:
        return JobLine(look.record, None)
    progress = Progress(
        phase=look.phase,
        step=look.step,
        bytes=look.bytes,
        total_bytes=look.total_bytes,
        rate=look.rate,
        seconds_left=look.seconds_left,
        total=look.total,
        memory=look.memory,
    )
    return JobLine(look.record, progress)
