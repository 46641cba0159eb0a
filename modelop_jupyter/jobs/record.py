"""The end of a job, in its folder and in the registry.

``outcome.json`` is the truth. It is copied by whoever sees it first, which is harmless when done
twice. An end that somebody wrote who took the supervisor for dead gives way to the supervisor's own.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.errors import JobNotFoundError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.supervision import ending

if TYPE_CHECKING:
    from modelop_jupyter.registry import Registry
_MARK = "recorded"


def is_recorded(folder: JobFolder) -> bool:
    """Say whether somebody has copied the job's end already."""
    return (folder.root / _MARK).exists()


def read_outcome(folder: JobFolder) -> Outcome | None:
    """Return how a job ended, None while it has not."""
    message = folder.read("outcome.json")
    return None if message is None else from_wire(Outcome, message)


def write_outcome(folder: JobFolder, outcome: Outcome) -> Outcome:
    """Write the supervisor's own end of a job; one that was cancelled meanwhile stays so.

    Returns the end that the job has.
    """
    with ending(folder):
        # Whatever is wrong with what somebody else wrote: this is the end.
        before = folder.read_if_whole("outcome.json") or {}
        if before.get("status") == JobStatus.CANCELLED:
            return from_wire(Outcome, before)
        folder.make_room()
        log_end(folder, outcome)
        folder.write("outcome.json", to_wire(outcome))
        if before:
            (folder.root / _MARK).unlink(missing_ok=True)
    return outcome


def log_end(folder: JobFolder, outcome: Outcome) -> None:
    """Tell in the job's log how it ended, in one place for all ends: before the end is written.

    What the model raised has been told by the runner.
    """
    error = outcome.error or {}
    is_complete = outcome.status is JobStatus.COMPLETE
    with contextlib.suppress(OSError):
        if error and error.get("code") != "model_error":
            folder.log("error", str(error.get("message")))
        folder.log("info", f"state changes to {'FINISHED' if is_complete else outcome.status}")


def record_outcome(registry: Registry, folder: JobFolder, outcome: Outcome) -> None:
    """Write how a job ended and the lock it ran with; a job that was removed stays removed.

    Called where the registry is not known to have it, whatever the mark in the folder says: the
    registry may be older than the folder, as one from a backup is.
    """
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
