"""Copy an end into the registry: done by whoever sees it first, harmless when done twice."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from modelop_jupyter import files
from modelop_jupyter.errors import JobNotFoundError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome

if TYPE_CHECKING:
    from modelop_jupyter.registry import Registry
_MARK = "recorded"


def is_recorded(folder: JobFolder) -> bool:
    """Say whether somebody has copied the job's end already."""
    return (folder.root / _MARK).exists()


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
        (folder.root / _MARK).touch(files.PRIVATE)
