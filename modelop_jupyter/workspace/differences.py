"""In what a rerun differs from the job it repeats: plan, packages, input, counts and output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.environments import lock_named
from modelop_jupyter.domain.jobs import Counts
from modelop_jupyter.domain.reports import Difference
from modelop_jupyter.environments.keeping import lock_from
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.jobs import digests
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.workspace.job import Job

_SHORT = len("sha256:") + 12
_NONE = "none"


def differences(first: Job, now: Job, *, read: Callable[[str], bytes]) -> tuple[Difference, ...]:
    """Compare two jobs that have ended, in the order in which one thing leads to the next.

    ``read`` gives the bytes of a stored file.
    """
    pairs = zip(told(first, read), told(now, read), strict=True)
    return tuple(
        Difference(what, before, after) for (what, before), (_, after) in pairs if before != after
    )


def told(job: Job, read: Callable[[str], bytes]) -> Iterator[tuple[str, str]]:
    """Yield what is compared of an ended job: its name, and what it was."""
    record = job.record
    plan, outcome = job.plan, job.outcome
    yield "snapshot", plan.snapshot.ref
    yield "packages", _lock(outcome, read) if outcome else "not known"
    yield "parameters", _text(record.parameters)
    yield "input", _input(job, plan)
    yield "status", f"{record.status.value} {record.result.value}"
    yield "records", _counts(record.counts)
    yield "output", _output(job, plan)


def _lock(outcome: Outcome, read: Callable[[str], bytes]) -> str:
    """Return the name of a lock: what is stored of one tells besides when it was made, and for what."""
    if outcome.lock is None:
        return _NONE
    if outcome.proof is not None:
        return lock_named(outcome.proof.lock_digest)
    try:
        return lock_named(lock_from(read(outcome.lock).decode()).digest)
    except ModelOpError:
        return "not known"


def _input(job: Job, plan: Plan) -> str:
    """Return what the inputs held: digests that the job noted, taken now where it could not."""
    if plan.inputs and not digests.known(job.folder):
        return "not known"
    found = []
    for data, state in zip(plan.inputs, digests.known(job.folder), strict=False):
        digest = digests.with_digest(state, Path(data.path)).digest
        found.append(f"{state.size:,} bytes, {digest[:_SHORT] if digest else 'digest not known'}")
    return "; ".join(found) or _NONE


def _output(job: Job, plan: Plan) -> str:
    path = job.folder.outputs / plan.output.name
    if not path.is_file():
        return _NONE
    return f"{path.stat().st_size:,} bytes, {digests.digest_of(path)[:_SHORT]}"


def _counts(counts: Counts) -> str:
    """Return all of them: of one that is nought in a job alone, both have to tell."""
    done = f"{counts.scored:,} scored, {counts.rejected:,} rejected, {counts.failed:,} failed"
    return f"{counts.records_in:,} in, {done}, {counts.records_out:,} out"


def _text(values: Any) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items()) or _NONE
