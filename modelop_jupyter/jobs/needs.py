"""Which jobs other jobs still need: the one that a retry or a rerun was made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from modelop_jupyter.domain.jobs import JobRecord, JobStatus

MadeOf = Mapping[str, Sequence[JobRecord]]


def made_of(records: Iterable[JobRecord]) -> MadeOf:
    """Return the retries and reruns of each job that has some."""
    found: dict[str, list[JobRecord]] = defaultdict(list)
    for record in records:
        if origin := origin_of(record):
            found[origin].append(record)
    return found


def origin_of(record: JobRecord) -> str | None:
    """Return the id of the job that one was made of."""
    origin = record.options.get("origin")
    return origin["job"] if origin else None


def need_of(newer: JobRecord) -> str | None:
    """Say why a job cannot do without the one it was made of, None where it can."""
    verb = newer.options["origin"]["verb"]
    if not newer.status.is_done:
        return f"job {newer.short_id} is made of it, and runs"
    if verb == "failed" and newer.status is not JobStatus.COMPLETE:
        # A retry of that one begins with this one's output.
        return f"a retry of job {newer.short_id} needs it"
    return None


def use_of(newer: JobRecord) -> str | None:
    """Say what a job would lose without the one it was made of, None for nothing."""
    if newer.options["origin"]["verb"] == "rerun":
        return f"job {newer.short_id} runs it again and is compared with it"
    return need_of(newer)
