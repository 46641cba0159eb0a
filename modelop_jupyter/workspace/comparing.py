"""Jobs compared: what each was given and gave, told by its plan, its outcome and its output."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence

from modelop_jupyter.domain.comparisons import Aspect, Comparison, MetricRow, sentence_of
from modelop_jupyter.domain.environments import LockedPackage
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.metric_paths import numbers_in
from modelop_jupyter.domain.requirement_reports import compare as compare_packages
from modelop_jupyter.environments.pylock import pins_of
from modelop_jupyter.errors import ConflictError, InvalidError
from modelop_jupyter.jobs.plan import Plan
from modelop_jupyter.jobs.staging import source_text
from modelop_jupyter.registry.changes import describe
from modelop_jupyter.workspace.differences import told
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.job import Job
from modelop_jupyter.workspace.outputs import output_changes
from modelop_jupyter.workspace.told import (
    beside_source,
    files_told,
    functions_told,
    source_told,
    text_change,
)

_POINT = re.compile(r"\.data\..*\[\d+\]$")
_MOST_METRICS = 500


def compare(jobs: Sequence[Job], home: Home) -> Comparison:
    """Compare ended jobs with the first of them; raises :class:`ConflictError` for one that runs."""
    if len({job.id for job in jobs}) < 2:
        raise InvalidError("there is nothing to compare a job with", "Name two jobs or more")
    for job in jobs:
        _require_ended(job)
    told_of = [dict(_all_told(job, home)) for job in jobs]
    aspects = tuple(
        Aspect(what, tuple(each.get(what, "") for each in told_of)) for what in told_of[0]
    )
    metrics = _metrics([numbers_in(job.metrics) for job in jobs])
    is_batch = all(job.record.kind is JobKind.BATCH for job in jobs)
    outputs = tuple(output_changes(jobs[0], job) for job in jobs[1:]) if is_batch else ()
    first, last = _plan(jobs[0]), _plan(jobs[-1])
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
        packages=compare_packages(_packages(jobs[0], home), _packages(jobs[-1], home)),
        source=_source_change(first, last, home),
    )


def _require_ended(job: Job) -> None:
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


def _all_told(job: Job, home: Home) -> Iterator[tuple[str, str]]:
    """Yield what is told of a job, in the order in which one thing leads to the next."""
    plan, general = _plan(job), dict(told(job, home.blobs.read))
    state = plan.snapshot.state
    yield "kind", job.record.kind.value
    yield "snapshot", general.pop("snapshot")
    yield "source", source_told(state)
    yield "assets", files_told(beside_source(state), with_roles=True)
    yield "functions", functions_told(state)
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


def _packages(job: Job, home: Home) -> tuple[LockedPackage, ...]:
    outcome = job.outcome
    if outcome is None or outcome.lock is None:
        return ()
    text = home.blobs.read(outcome.lock).decode()
    return tuple(LockedPackage(pin.name, pin.version) for pin in pins_of(text))


def _metrics(found: Sequence[dict[str, float]]) -> tuple[MetricRow, ...]:
    """Return the numbers side by side, those that differ first where there are many."""
    # The points of a graph are compared by the graphs that are laid over one another.
    paths = [
        path
        for path in dict.fromkeys(path for each in found for path in each)
        if not _POINT.search(path)
    ]
    rows = [MetricRow(path, tuple(each.get(path) for each in found)) for path in paths]
    if len(rows) > _MOST_METRICS:
        rows.sort(key=lambda row: len(set(row.values)) == 1)
    return tuple(rows[:_MOST_METRICS])


def _source_change(first: Plan, last: Plan, home: Home) -> str:
    texts = [source_text(plan.snapshot.state, home.blobs) or "" for plan in (first, last)]
    before, after = (
        f"{plan.snapshot.ref} {plan.snapshot.state.primary_source}" for plan in (first, last)
    )
    return text_change(texts[0], texts[1], before, after)


def _plan(job: Job) -> Plan:
    return job.plan
