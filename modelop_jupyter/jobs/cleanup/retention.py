"""Which jobs may not be removed: pinned ones, and those that retries or reruns still need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.errors import HomeError
from modelop_jupyter.jobs.folder import JobFolder

Successors = Mapping[str, Sequence[JobRecord]]
# An empty file in the job folder, so that a pin survives the loss of the registry.
_PIN = "pinned"


def successors(records: Iterable[JobRecord]) -> Successors:
    """Return the retries and reruns of each job that has some."""
    by_origin: dict[str, list[JobRecord]] = defaultdict(list)
    for record in records:
        if origin := origin_of(record):
            by_origin[origin].append(record)
    return by_origin


def origin_of(record: JobRecord) -> str | None:
    """Return the id of the job of which a job is a retry or rerun, None for others."""
    origin = record.options.origin
    return None if origin is None else origin.job


def is_retry(newer: JobRecord) -> bool:
    """Say whether a job goes on with what its origin had finished."""
    return _verb_of(newer) == "retry"


def why_needed(newer: JobRecord) -> str | None:
    """Return why a retry or rerun requires its origin, None if it does not."""
    verb = _verb_of(newer)
    if not newer.status.is_done:
        return f"job {newer.short_id} is a retry or rerun of it and still runs"
    if verb == "failed" and newer.status is not JobStatus.COMPLETE:
        # A retry of the newer job continues with the older one's output.
        return f"a retry of job {newer.short_id} needs it"
    return None


def why_used(newer: JobRecord) -> str | None:
    """Return why a retry or rerun requires its origin or loses something without it, else None."""
    if _verb_of(newer) == "rerun":
        return f"job {newer.short_id} runs it again and is compared with it"
    return why_needed(newer)


def _verb_of(newer: JobRecord) -> str | None:
    origin = newer.options.origin
    return None if origin is None else origin.verb


def pin(folder: JobFolder) -> None:
    """Protect a job from removal; raises :class:`HomeError` if its folder is gone."""
    try:
        (folder.root / _PIN).touch(mode=0o600)
    except OSError as error:
        raise HomeError(str(folder.root), error.strerror or str(error)) from None


def unpin(folder: JobFolder) -> None:
    """Allow a job to be removed again."""
    with suppress(FileNotFoundError):
        (folder.root / _PIN).unlink()


def is_pinned(folder: JobFolder) -> bool:
    return (folder.root / _PIN).exists()
