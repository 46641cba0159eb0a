"""Score some of an input's records, and estimate how long all of them take on each engine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.domain.trials import EngineEstimate, Trial
from modelop_jupyter.errors import InvalidError, JobFailedError
from modelop_jupyter.formats import FORMATS, format_for, is_compressed
from modelop_jupyter.formats.samples import write_sample
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import ClusterEvent, Progress, RunnerResult
from modelop_jupyter.jobs.start import PhaseEvent
from modelop_jupyter.processes import available_cores
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.job_request import JobRequest
from modelop_jupyter.workspace.queries import is_query_file
from modelop_jupyter.workspace.submission import engine_of

# Starts a job of a request and returns it.
Submit = Callable[[JobRequest], Job]
_SCHEDULING_SECONDS = 1.5
# As many as runner/batch.py reports one by one.
_EAGER_RECORDS = 1000


@dataclass(frozen=True, slots=True)
class _Times:
    """When a runner began, had its model ready, and had scored all records; seconds since the epoch."""

    begun: float
    ready: float
    scored: float


def run_trial(request: JobRequest, count: int, home: Home, submit: Submit) -> Trial:
    """Score ``count`` records here, and on the engine that was asked for or is set.

    The jobs are listed like others, and their outputs stay with them. Raises :class:`InvalidError`
    for several inputs or an unknown engine, and :class:`JobFailedError` where the model fails.
    """
    if len(request.inputs) != 1:
        raise InvalidError("--try takes one input", "Try each of them")
    engine = engine_of(request.engine, home)
    with tempfile.TemporaryDirectory() as place:
        sample, total = _sample(request, count, Path(place))
        sample = replace(sample, engine="local", workers=None, output=None)
        job = _ended(submit(sample))
        estimates = [*_here(request, job, total)]
        if engine is not None:
            estimates.append(_there(replace(sample, engine=engine), engine, job, total, submit))
    times, result = _times_of(job), job.folder.read(RunnerResult)
    counts = job.counts
    return Trial(
        model=job.record.snapshot_ref,
        job=job.id,
        records=counts.records_in,
        is_spread=total is not None,
        record_seconds=_seconds_each(job),
        start_seconds=times.ready - times.begun,
        memory=result.memory or None if result else None,
        bad=dict(result.stages) if result else {},
        total=total,
        engines=tuple(estimates),
    )


def _sample(request: JobRequest, count: int, place: Path) -> tuple[JobRequest, int | None]:
    """Return the request for the sample, and about how many records there are; None for its beginning."""
    given = request.inputs[0]
    path = Path(given) if isinstance(given, (str, Path)) else None
    is_query = is_query_file(given, format=request.format)
    if path is not None and path.is_file() and not is_query and not is_compressed(path):
        format = FORMATS.get(request.format or "") or format_for(path.name)
        target = place / path.name
        total = write_sample(path, format.runner_format or "", count, target)
        if total is not None:
            return replace(request, inputs=[target]), total
    return replace(request, limits=replace(request.limits, records=count)), None


def _ended(job: Job) -> Job:
    """Wait for a job; Ctrl-C cancels it. Raises :class:`JobFailedError` where it has no result."""
    try:
        job.wait()
    except KeyboardInterrupt:
        job.cancel()
        raise
    if job.status is not JobStatus.COMPLETE:
        error = job.record.error
        raise JobFailedError(job.id[:8], error.message if error else job.status.value)
    return job


def _times_of(job: Job) -> _Times:
    events = [event for _, event in job.folder.events()]
    begun = next((e.t for e in events if isinstance(e, PhaseEvent) and e.phase == "running"), 0.0)
    # A runner reports its progress as soon as it runs, and in the end.
    reported = [event.t for event in events if isinstance(event, Progress)] or [begun]
    result = job.folder.read(RunnerResult)
    ready = reported[0] + (result.ready_seconds or 0.0 if result else 0.0)
    return _Times(min(begun, ready), ready, reported[-1])


def _seconds_each(job: Job) -> float:
    """Return the time for one record, without the first ones, whose progress is written one by one."""
    times, records = _times_of(job), job.counts.records_in
    first = [event for _, event in job.folder.events() if isinstance(event, Progress)]
    eager = [event for event in first if event.records_in <= _EAGER_RECORDS]
    if records >= 1.5 * _EAGER_RECORDS and eager:
        times = replace(times, ready=max(eager[-1].t, times.ready))
        records -= eager[-1].records_in
    return max(0.0, times.scored - times.ready) / max(1, records)


def _here(request: JobRequest, job: Job, total: int | None) -> list[EngineEstimate]:
    """Return the estimates for one runner on this machine and, if asked for, for several."""
    times, each = _times_of(job), _seconds_each(job)
    start = times.ready - times.begun

    def estimate(runners: int) -> EngineEstimate:
        seconds = None if total is None else start + total * each / runners
        return EngineEstimate("local", runners, seconds)

    cores = available_cores()
    wanted = cores if request.workers in (None, "auto") else int(request.workers or 1)
    return [estimate(count) for count in dict.fromkeys((1, wanted))]


def _there(
    request: JobRequest, engine: str, local: Job, total: int | None, submit: Submit
) -> EngineEstimate:
    """Score the sample on an engine and compare the bytes; what fails there is said, not raised."""
    try:
        job = _ended(submit(request))
    except JobFailedError as error:
        return EngineEstimate(engine, 0, None, error=error.reason)
    cluster = job.folder.last_event(ClusterEvent)
    runners = max(1, cluster.slots if cluster else 1)
    each = _seconds_each(local)
    seconds = None if total is None else _SCHEDULING_SECONDS + total * each / runners
    files = [(one.output, one.folder.errors_file) for one in (local, job)]
    here, there = ([path.read_bytes() for path in pair if path] for pair in files)
    return EngineEstimate(
        engine, runners, seconds, is_same=here == there, nodes=cluster.nodes if cluster else None
    )
