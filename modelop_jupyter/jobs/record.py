"""A job's row in the registry: as its plan begins it, and with its end, copied by whoever sees that first."""

from __future__ import annotations

import contextlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from modelop_jupyter.domain.jobs import JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.errors import JobNotFoundError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.plan import Plan

if TYPE_CHECKING:
    from modelop_jupyter.registry import Registry
_MARK = "recorded"


def record_of(plan: Plan) -> JobRecord:
    """Return the row of a job that has just been submitted."""
    return JobRecord(
        id=plan.id,
        kind=plan.kind,
        model=plan.model.name,
        snapshot=plan.snapshot.number,
        status=JobStatus.WAITING,
        result=JobResult.UNKNOWN,
        created=datetime.fromtimestamp(plan.created, timezone.utc),
        inputs=plan.inputs,
        output=plan.output.target,
        parameters=plan.parameters,
        options={
            "schemas": plan.check_schemas,
            "limits": to_wire(plan.limits),
            "workers": to_wire(plan.workers),
            "origin": to_wire(plan.origin),
            **({"expect": to_wire(plan.expectations)} if plan.expectations else {}),
        },
    )


def is_recorded(folder: JobFolder) -> bool:
    """Say whether somebody has copied the job's end already."""
    return (folder.root / _MARK).exists()


def forget_recorded(folder: JobFolder) -> None:
    """Let the end be copied again: into a registry that does not know the job."""
    with contextlib.suppress(OSError):
        (folder.root / _MARK).unlink()


def record_outcome(registry: Registry, folder: JobFolder, outcome: Outcome) -> None:
    """Write how a job ended and the lock it ran with; a job that was removed stays removed."""
    if is_recorded(folder):
        return
    try:
        record = registry.get_job(folder.root.name)
    except JobNotFoundError:
        return
    registry.finish_job(outcome.applied_to(record))
    if outcome.lock is not None:
        snapshot = registry.get_snapshot(record.model, record.snapshot)
        if snapshot.lock != outcome.lock:
            registry.set_lock(snapshot, outcome.lock)
    with contextlib.suppress(OSError):
        (folder.root / _MARK).touch()
