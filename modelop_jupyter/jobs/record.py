"""Copy an end into the registry: done by whoever sees it first, harmless when done twice."""

from __future__ import annotations

from modelop_jupyter.errors import JobNotFoundError
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.registry import Registry


def record_outcome(registry: Registry, job: str, outcome: Outcome) -> None:
    """Write how a job ended and the lock it ran with; a job that was removed stays removed."""
    try:
        record = registry.get_job(job)
    except JobNotFoundError:
        return
    registry.finish_job(outcome.applied_to(record))
    if outcome.lock is not None:
        snapshot = registry.get_snapshot(record.model, record.snapshot)
        registry.set_lock(snapshot.id, outcome.lock)
