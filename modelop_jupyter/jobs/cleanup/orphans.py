"""Job folders without a record: recorded again if the job began, removed if nobody submits it.

A submission in progress is a small file beside the jobs, from before the job's folder is made until
the registry knows the job. There are only as many as submissions that run or were killed, so that
looking through them is quick.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import ConflictError, DamagedJobError, NotFoundError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.supervision.ownership import is_in_charge
from modelop_jupyter.processes import is_running, start_time
from modelop_jupyter.registry import Registry

# A folder without a submission file, as of earlier releases, may be a submission for this long.
_LEGACY_GRACE_SECONDS = 600.0


class OrphanAction(Enum):
    """What to do with a folder without a record."""

    KEEP = "keep"
    RECORD = "record"
    REMOVE = "remove"


def folders(jobs: Path) -> Iterator[JobFolder]:
    """Yield the folders of jobs, recorded or not; links and hidden folders are skipped."""
    try:
        paths = sorted(jobs.iterdir())
    except OSError:
        return
    for path in paths:
        if not path.name.startswith(".") and path.is_dir() and not path.is_symlink():
            yield JobFolder(path)


def action_for(folder: JobFolder, submission: Submission | None) -> OrphanAction:
    """Decide what to do with a folder that is not recorded."""
    if submission is not None and submission.is_active:
        return OrphanAction.KEEP
    has_begun = any((folder.root / name).exists() for name in ("supervisor.json", "outcome.json"))
    if has_begun:
        return OrphanAction.RECORD if plan_of(folder) is not None else OrphanAction.KEEP
    if is_in_charge(folder):
        return OrphanAction.KEEP
    if submission is not None and submission.pid is not None:
        return OrphanAction.REMOVE
    return OrphanAction.REMOVE if _folder_age(folder) > _LEGACY_GRACE_SECONDS else OrphanAction.KEEP


def record_again(folder: JobFolder, registry: Registry) -> str | None:
    """Record a job that has begun; return why that is impossible, else None."""
    plan = plan_of(folder)
    if plan is None:
        return "its plan cannot be read"
    if not _is_known(plan, registry):
        return "its model is not in this registry"
    # Another process may have recorded it at the same time.
    with suppress(ConflictError):
        registry.add_job(plan.record)
    return None


def plan_of(folder: JobFolder) -> Plan | None:
    """Return a job's plan, None if it is missing or damaged."""
    try:
        plan = folder.read(Plan)
    except (DamagedJobError, OSError, ValueError, KeyError, TypeError):
        return None
    return plan if plan is not None and plan.id == folder.root.name else None


def by_job(submissions: Iterator[Submission]) -> Mapping[str, Submission]:
    """Return submissions by the id of their job."""
    return {submission.job: submission for submission in submissions}


def _is_known(plan: Plan, registry: Registry) -> bool:
    """Return whether the registry has this very snapshot, not only one of its name."""
    try:
        snapshot = registry.get_snapshot(plan.model.name, plan.snapshot.number)
    except NotFoundError:
        return False
    return snapshot.id == plan.snapshot.id


def _folder_age(folder: JobFolder) -> float:
    try:
        newest = max(path.lstat().st_mtime for path in (folder.root, *folder.root.iterdir()))
    except OSError:
        return 0.0
    return time.time() - newest


_REMOTE_GRACE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Submission:
    """A job that is being submitted, or whose submission was killed.

    ``note`` is the file that says so. ``origin`` is the job of which it is a retry or rerun; the
    other fields identify the submitting process, None if the file is damaged.
    """

    job: str
    note: Path
    pid: int | None = None
    began: float | None = None
    origin: str | None = None
    host: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether the submitting process runs; on another machine, for ten minutes."""
        if self.host is not None and self.host != socket.gethostname():
            return _age(self.note) < _REMOTE_GRACE_SECONDS
        return self.pid is not None and is_running(self.pid, self.began)

    def forget(self) -> None:
        """Delete the file."""
        with suppress(OSError):
            self.note.unlink()


@contextmanager
def record_submission(root: Path, job: str, *, origin: str | None = None) -> Iterator[None]:
    """Record that this process submits a job, until the block ends."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    note, pid = root / job, os.getpid()
    message = {"pid": pid, "began": start_time(pid), "origin": origin}
    message["host"] = socket.gethostname()
    files.write_text(note, json.dumps(message), durable=False)
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink()


def submissions(root: Path) -> Iterator[Submission]:
    """Yield the submissions that run and those whose process was killed."""
    try:
        notes = list(root.iterdir())
    except OSError:
        return
    for note in notes:
        if note.name.startswith("."):
            continue
        try:
            message = json.loads(note.read_bytes())
            process = int(message["pid"]), message["began"], message["origin"], message["host"]
            yield Submission(note.name, note, *process)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError):
            # Damaged: the process is unknown, and no job's folder is removed for that alone.
            yield Submission(note.name, note)


def _age(note: Path) -> float:
    try:
        return time.time() - note.stat().st_mtime
    except OSError:
        return float("inf")
