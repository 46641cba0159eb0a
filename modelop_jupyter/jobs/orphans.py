"""Job folders that no record knows: taken up where a job was begun, removed where nobody submits it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path

from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.errors import ConflictError, DamagedJobError, NotFoundError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.jobs.submissions import Submission
from modelop_jupyter.jobs.supervision import is_in_charge
from modelop_jupyter.registry import Registry

# A folder whose submitter left no note, as earlier versions do, may be a submission for so long.
_PATIENCE_SECONDS = 600.0


class Fate(Enum):
    """What becomes of a folder without a record."""

    STAY = "stays"
    TAKE_UP = "taken up"
    REMOVE = "removed"


def folders(jobs: Path) -> Iterator[JobFolder]:
    """Yield the folders of jobs, recorded or not; links and hidden ones are none."""
    try:
        found = sorted(jobs.iterdir())
    except OSError:
        return
    for path in found:
        if not path.name.startswith(".") and path.is_dir() and not path.is_symlink():
            yield JobFolder(path)


def fate_of(folder: JobFolder, submission: Submission | None) -> Fate:
    """Say what becomes of a folder that is not on record."""
    if submission is not None and submission.goes_on:
        return Fate.STAY
    has_begun = any((folder.root / name).exists() for name in ("supervisor.json", "outcome.json"))
    if has_begun:
        return Fate.TAKE_UP if plan_of(folder) is not None else Fate.STAY
    if is_in_charge(folder):
        return Fate.STAY
    if submission is not None and submission.pid is not None:
        return Fate.REMOVE
    return Fate.REMOVE if _age(folder) > _PATIENCE_SECONDS else Fate.STAY


def take_up(folder: JobFolder, registry: Registry) -> str | None:
    """Put a job that was begun on record again; return why not."""
    plan = plan_of(folder)
    if plan is None:
        return "its plan cannot be read"
    if not _is_known(plan, registry):
        return "its model is not in this registry"
    # Somebody else may have done so at the same time.
    with suppress(ConflictError):
        registry.add_job(plan.record)
    return None


def plan_of(folder: JobFolder) -> Plan | None:
    """Return what was asked for, None where that is not known or not to be understood."""
    try:
        message = folder.read("plan.json")
        plan = None if message is None else from_wire(Plan, message)
    except (DamagedJobError, OSError, ValueError, KeyError, TypeError):
        return None
    return plan if plan is not None and plan.id == folder.root.name else None


def by_job(found: Iterator[Submission]) -> Mapping[str, Submission]:
    """Return submissions by the id of their job."""
    return {each.job: each for each in found}


def _is_known(plan: Plan, registry: Registry) -> bool:
    """Say whether the registry has the very snapshot: another registry may have a model of this name."""
    try:
        found = registry.get_snapshot(plan.model.name, plan.snapshot.number)
    except NotFoundError:
        return False
    return found.id == plan.snapshot.id


def _age(folder: JobFolder) -> float:
    try:
        newest = max(path.lstat().st_mtime for path in (folder.root, *folder.root.iterdir()))
    except OSError:
        return 0.0
    return time.time() - newest
