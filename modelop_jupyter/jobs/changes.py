"""What was changed before or while a job ran, and should never change: its environment, and its model's stored files.

A model runs as the user, so it can change them; this cannot be kept from happening, and is told.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from modelop_jupyter.domain.disk import Drift
from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.environments import listing
from modelop_jupyter.errors import ModelOpError

_SHOWN = 3
_LONG_SECONDS = 10.0
_BLOCK = 1 << 20


def is_quick(environment: Environment, seconds: float) -> bool:
    """Say whether a look at an environment's files is short beside a job that took so long."""
    try:
        size = (Path(environment.path) / listing.LISTING).stat().st_size
    except OSError:
        return True
    return size <= listing.SMALL or seconds > _LONG_SECONDS


def of_environment(environment: Environment) -> Drift | None:
    """Return what differs in an environment from what was built, None where nothing does."""
    found = listing.drift(Path(environment.path))
    return None if found is None or found.is_none else found


def of_environment_told(drift: Drift, ref: str) -> str:
    """Return a sentence about a changed environment."""
    paths = (*drift.changed, *drift.added, *drift.removed)
    return (
        f"Files of its environment were changed, before the job or by it: {_some(paths)}."
        f" '%modelop env build {ref} --rebuild' builds it anew."
    )


def of_damage_told(paths: tuple[str, ...], *, refusal: ModelOpError | None, ref: str) -> str:
    """Return a sentence about files that an environment had lost before a job, and what was done."""
    what = f"Of its environment, this was missing or changed before the job: {_some(paths)}."
    if refusal is None:
        return f"{what} It was built anew."
    return (
        f"{what} It could not be built anew ({refusal.message});"
        f" '%modelop env build {ref} --rebuild' does it later."
    )


def of_blobs(snapshot: Snapshot, root: Path, since: datetime) -> tuple[str, ...]:
    """Return the assets whose stored bytes were changed since a moment.

    Only those are read whose file was touched: its time of change cannot be set by hand.
    """
    wrong = []
    for asset in snapshot.state.assets:
        name = asset.digest.partition(":")[2]
        path = root / name[:2] / name[2:4] / name
        try:
            is_touched = path.stat().st_ctime >= since.timestamp()
            if is_touched and _digest(path) != name:
                wrong.append(asset.path)
        except OSError:
            wrong.append(asset.path)
    return tuple(wrong)


def of_blobs_told(paths: tuple[str, ...], ref: str) -> str:
    """Return a sentence about changed files of a model."""
    return (
        f"The stored files of {ref} were changed while the job ran: {_some(paths)}."
        " Register the model again with the original files, which stores them anew."
    )


def _some(paths: tuple[str, ...]) -> str:
    more = len(paths) - _SHOWN
    return listed([*paths[:_SHOWN], *([f"{more} more"] if more > 0 else [])])


def _digest(path: Path) -> str:
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            hasher.update(block)
    return hasher.hexdigest()
