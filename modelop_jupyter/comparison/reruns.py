"""Compare a rerun with the job that it repeats: plan, packages, input, counts and output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from modelop_jupyter.domain.assets import digest_of_file
from modelop_jupyter.domain.environments import lock_named
from modelop_jupyter.domain.jobs import Counts
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.reports import Difference
from modelop_jupyter.environments.lock.pylock import lock_from_document
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.outcome import Outcome
from modelop_jupyter.jobs.resume import input_changes

_SHORT = len("sha256:") + 12
_NONE = "none"


def differences(first: Job, rerun: Job, *, read: Callable[[str], bytes]) -> tuple[Difference, ...]:
    """Return what differs between two jobs that have ended; causes come before their effects.

    ``read`` gives the bytes of a stored file.
    """
    pairs = zip(rerun_facts(first, read), rerun_facts(rerun, read), strict=True)
    return tuple(
        Difference(what, before, after) for (what, before), (_, after) in pairs if before != after
    )


def rerun_facts(job: Job, read: Callable[[str], bytes]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each aspect of a job that has ended."""
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
    """Return the short name of the packages that were locked; the stored document also has a date."""
    if outcome.lock is None:
        return _NONE
    if outcome.proof is not None:
        return lock_named(outcome.proof.lock_digest)
    try:
        return lock_named(lock_from_document(read(outcome.lock).decode()).digest)
    except ModelOpError:
        return "not known"


def _input(job: Job, plan: Plan) -> str:
    """Return size and digest of each file of the inputs; a digest that the job could not take is taken now."""
    if plan.inputs and not input_changes.read_states(job.folder):
        return "not known"
    inputs = []
    files = input_changes.files_of(plan.inputs)
    for (_, path), state in zip(files, input_changes.read_states(job.folder), strict=False):
        digest = input_changes.with_digest(state, path).digest
        inputs.append(f"{state.size:,} bytes, {digest[:_SHORT] if digest else 'digest not known'}")
    return "; ".join(inputs) or _NONE


def _output(job: Job, plan: Plan) -> str:
    if parts := job.parts:
        size = sum(part.state.size or 0 for part in parts)
        return f"{size:,} bytes in {len(parts):,} objects"
    path = job.folder.outputs / plan.output.name
    if not path.is_file():
        return _NONE
    return f"{path.stat().st_size:,} bytes, {digest_of_file(path)[:_SHORT]}"


def _counts(counts: Counts) -> str:
    """Return all counts, also those that are 0: they may not be in the other job."""
    done = f"{counts.scored:,} scored, {counts.rejected:,} rejected, {counts.failed:,} failed"
    return f"{counts.records_in:,} in, {done}, {counts.records_out:,} out"


def _text(values: Any) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items()) or _NONE
