"""Compare jobs: what each was given and what it returned, by plan, outcome and output."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from modelop_jupyter.comparison.facts import (
    describe_files,
    describe_functions,
    describe_source,
    other_assets,
    unified_text_diff,
)
from modelop_jupyter.comparison.outputs import output_changes
from modelop_jupyter.comparison.reruns import rerun_facts
from modelop_jupyter.domain.environments import LockedPackage
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.requirements.changes import compare as compare_packages
from modelop_jupyter.domain.results.comparisons import Aspect, Comparison, metric_rows, sentence_of
from modelop_jupyter.domain.results.metric_paths import numbers_in
from modelop_jupyter.environments.lock.pylock import pins_of
from modelop_jupyter.errors import ConflictError, InvalidError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.models.source import source_text
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.registry.changes import describe


def compare(jobs: Sequence[Job], blobs: BlobStore) -> Comparison:
    """Compare ended jobs with the first of them; raises :class:`ConflictError` for one that runs."""
    if len({job.id for job in jobs}) < 2:
        raise InvalidError("there is nothing to compare a job with", "Name two jobs or more")
    for job in jobs:
        require_ended(job)
    facts = [dict(_facts(job, blobs)) for job in jobs]
    aspects = tuple(
        Aspect(what, tuple(job_facts.get(what, "") for job_facts in facts)) for what in facts[0]
    )
    metrics = metric_rows([numbers_in(job.metrics) for job in jobs])
    is_batch = all(job.record.kind is JobKind.BATCH for job in jobs)
    outputs = tuple(output_changes(jobs[0], job) for job in jobs[1:]) if is_batch else ()
    first, last = jobs[0].plan, jobs[-1].plan
    states = first.snapshot.state, last.snapshot.state
    return Comparison(
        sentence=sentence_of(aspects, metrics, outputs),
        jobs=tuple(job.record for job in jobs),
        aspects=aspects,
        metrics=metrics,
        results=() if is_batch else tuple(job.metrics for job in jobs),
        outputs=outputs,
        changes=describe(
            dataclasses.replace(first.model, state=states[0]),
            dataclasses.replace(first.model, state=states[1]),
        ),
        packages=compare_packages(_packages(jobs[0], blobs), _packages(jobs[-1], blobs)),
        source=_source_change(first, last, blobs),
    )


def require_ended(job: Job) -> None:
    """Raise :class:`ConflictError` for a job that still runs, or whose folder is gone."""
    record = job.record
    if not record.status.is_done:
        raise ConflictError(
            f"job {record.short_id} still runs",
            f"'job attach {record.short_id}' shows how far it is",
        )
    if not job.folder.root.is_dir():
        raise ConflictError(
            f"the folder of job {record.short_id} is gone", "Only jobs that are there are compared"
        )


def _facts(job: Job, blobs: BlobStore) -> Iterator[tuple[str, str]]:
    """Yield name and text of each aspect of a job; causes come before their effects."""
    plan, general = job.plan, dict(rerun_facts(job, blobs.read))
    state = plan.snapshot.state
    yield "kind", job.record.kind.value
    yield "snapshot", general.pop("snapshot")
    yield "source", describe_source(state)
    yield "assets", describe_files(other_assets(state), with_roles=True)
    yield "functions", describe_functions(state)
    yield "packages", general.pop("packages")
    yield "python", _python(job)
    yield "parameters", general.pop("parameters")
    yield "input", general.pop("input")
    yield (
        "records taken",
        "all" if plan.limits.records is None else f"the first {plan.limits.records}",
    )
    yield from general.items()


def _python(job: Job) -> str:
    proof = job.record.proof
    return proof.version if proof else "not known"


def _packages(job: Job, blobs: BlobStore) -> tuple[LockedPackage, ...]:
    outcome = job.outcome
    if outcome is None or outcome.lock is None:
        return ()
    text = blobs.read(outcome.lock).decode()
    return tuple(LockedPackage(pin.name, pin.version) for pin in pins_of(text))


def _source_change(first: Plan, last: Plan, blobs: BlobStore) -> str:
    texts = [source_text(plan.snapshot.state, blobs) or "" for plan in (first, last)]
    before, after = (
        f"{plan.snapshot.ref} {plan.snapshot.state.primary_source}" for plan in (first, last)
    )
    return unified_text_diff(texts[0], texts[1], before, after)
