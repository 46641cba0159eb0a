"""From a request to a job that runs: inputs checked, a snapshot taken, the job folder staged."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelop_jupyter.configuration import CHUNKS_URL, ENGINE, NOTIFY
from modelop_jupyter.decisions.expectations import parse_expectations
from modelop_jupyter.domain.jobs import JobInput, JobKind, JobRecord, JobResult
from modelop_jupyter.domain.notify import NOBODY, parse_notify, shown
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.results.verdicts import Expectations
from modelop_jupyter.errors import HomeError, InvalidError
from modelop_jupyter.formats.cuts import record_cut
from modelop_jupyter.jobs import staging
from modelop_jupyter.jobs.cleanup.orphans import record_submission
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.resume import input_changes
from modelop_jupyter.jobs.sharding import capabilities, chunks
from modelop_jupyter.models.source import tags_of
from modelop_jupyter.storage import require_writable
from modelop_jupyter.workspace import queries, remote_inputs
from modelop_jupyter.workspace.configuration import chunks_place, require_target
from modelop_jupyter.workspace.file_sets import resolve_inputs
from modelop_jupyter.workspace.job_inputs import require_enough_inputs, stage_input
from modelop_jupyter.workspace.job_outputs import output_targets, settled

if TYPE_CHECKING:
    from modelop_jupyter.domain.models import ModelState
    from modelop_jupyter.jobs.folder import JobFolder
    from modelop_jupyter.workspace.home import Home
    from modelop_jupyter.workspace.job_request import JobRequest

_MOST_JOBS = 100_000


def submit(request: JobRequest, ref: str, home: Home, *, reference: str | None = None) -> JobRecord:
    """Check what can be checked, take a snapshot if need be, stage the job folder, start the job.

    ``reference`` is the model under test of a metrics job. Raises :class:`InvalidError` and
    :class:`InputError` before anything is recorded.
    """
    engine = engine_of(request.engine, home)
    notify = notify_of(request.notify, home)
    request = replace(request, engine=engine)
    state = home.state(ref)
    require_function(request.kind, ref, state)
    tags = tags_of(state, home.blobs)
    request = replace(request, inputs=remote_inputs.expanded(queries.resolved(request.inputs)))
    request = resolve_inputs(request, tags)
    output, *others = output_targets(request, tags)
    if not request.inputs:
        raise InvalidError(f"a {request.kind.value} job needs an input")
    queries.require_use_of_connection(request)
    require_enough_inputs(request.kind, len(request.inputs), state, home.blobs)
    identity = str(uuid.uuid4())
    with new_job_folder(home, identity) as folder:
        inputs = _stage_inputs(request, state, folder, home)
        under_test = home.resolve_snapshot(reference) if reference else (None, None)
        model, snapshot = home.resolve_snapshot(ref)
        plan = Plan(
            id=identity,
            kind=request.kind,
            model=model,
            snapshot=snapshot,
            inputs=inputs,
            output=output,
            created=time.time(),
            parameters=request.parameters,
            limits=request.limits,
            check_schemas=request.check_schemas,
            reference=under_test[1],
            reference_model=under_test[0],
            expectations=request.expectations,
            other_outputs=tuple(others),
            engine=engine,
        )
        return start(plan, folder, home, workers=request.workers, notify=notify)


def _stage_inputs(
    request: JobRequest, state: ModelState, folder: JobFolder, home: Home
) -> tuple[JobInput, ...]:
    blobs, progress = home.blobs, home.progress
    return tuple(
        stage_input(given, number, request, state, folder=folder, blobs=blobs, progress=progress)
        for number, given in enumerate(request.inputs)
    )


def engine_of(wanted: str | None, home: Home) -> str | None:
    """Return the engine that a job is to run on, None for this machine.

    Raises :class:`InvalidError` for one that there is not.
    """
    from modelop_jupyter.engines.find import parse_engine

    configured = home.settings.configured(ENGINE)
    try:
        engine = parse_engine(wanted or configured.value)
    except InvalidError as error:
        if wanted:
            raise
        raise InvalidError(f"{configured.place}: {error.message}", error.hint) from None
    return None if engine.is_local else str(engine)


def notify_of(wanted: str | None, home: Home) -> str:
    """Return who is notified of a job's end; raises :class:`InvalidError` for what cannot be."""
    if wanted is not None:
        return require_target(wanted)
    configured = home.settings.configured(NOTIFY)
    try:
        # Whether this machine has a desktop is seen when the job has ended: a default stops no job.
        return parse_notify(configured.value)
    except InvalidError as error:
        raise InvalidError(f"{configured.place}: {error.message}", error.hint) from None


def start(
    plan: Plan,
    folder: JobFolder,
    home: Home,
    *,
    workers: str | None = None,
    notify: str | None = None,
) -> JobRecord:
    """Stage the folder of a job, and start it with as many ``workers`` as its model allows.

    ``notify`` is who is notified of its end, None for whom this user has set.
    """
    tags = tags_of(plan.snapshot.state, home.blobs)
    if plan.engine is None:
        shared = capabilities.workers_for(workers, plan, tags, home.blobs)
    else:
        shared = capabilities.workers_on_engine(workers, plan, tags, home.blobs)
    can_resume = capabilities.why_not_resumable(plan, tags) is None
    plan = replace(plan, can_resume=can_resume, workers=shared)
    plan = replace(
        plan,
        output=settled(plan.output, is_cut=plan.is_cut),
        other_outputs=tuple(settled(one, is_cut=False) for one in plan.other_outputs),
    )
    plan = with_chunks_prefix(plan, home)
    in_chunks = capabilities.converts_in_chunks(plan)
    staging.stage(plan, folder, home.blobs, in_chunks=in_chunks)
    sharing = _describe_sharing(plan, in_chunks=in_chunks)
    if sharing is not None:
        folder.log("info", sharing)
    return start_staged(plan, folder, home, notify=notify)


def _describe_sharing(plan: Plan, *, in_chunks: bool) -> str | None:
    """Return why less of a job is shared than was asked for, None where all of it is."""
    shared, data = plan.workers, plan.inputs[0]
    if shared.reason is not None and plan.engine is not None:
        return f"one task on {plan.engine} instead of many: {shared.reason}"
    if shared.reason is not None:
        return f"one worker instead of {shared.wanted}: {shared.reason}"
    if in_chunks or not plan.is_cut or not record_cut(data.format):
        return None
    pieces = {"parquet": "row groups", "avro": "blocks"}[data.format]
    few = f"one or no {pieces}" if plan.engine else f"fewer {pieces} than workers"
    return f"input {data.name} is converted by one process before it is shared: it has {few}"


def with_chunks_prefix(plan: Plan, home: Home) -> Plan:
    """Return a plan with the place for its chunks' outputs, where one is configured and they need it.

    Raises :class:`StorageError` for a place that can be seen not to take objects.
    """
    configured = home.settings.configured(CHUNKS_URL)
    if not plan.is_cut_for_engine or plan.output.prefix or configured.value == CHUNKS_URL.default:
        return replace(plan, chunks_prefix=None)
    try:
        place = chunks_place(configured.value)
    except InvalidError as error:
        raise InvalidError(f"{configured.place}: {error.message}", error.hint) from None
    prefix = place.child(plan.id)
    require_writable(prefix)
    return replace(plan, chunks_prefix=f"{prefix.text}/")


def start_staged(
    plan: Plan, folder: JobFolder, home: Home, *, notify: str | None = None
) -> JobRecord:
    """Start a job whose folder is staged, at once if its environment is built."""
    target = notify or notify_of(None, home)
    plan = replace(plan, notify=None if target == NOBODY else shown(target), created_by=home.author)
    plan = replace(plan, inputs=input_changes.record_states(folder, plan.inputs))
    # The supervisor starts no runner at once where it has to wait for nodes or a conversion.
    waits = plan.engine is not None or chunks.is_converted(folder)
    environment = None if waits else home.environments.sound(plan.snapshot)
    python = environment.python if environment else None
    return home.job_service.submit(plan, folder, python=python, notify=target)


@contextmanager
def new_job_folder(home: Home, job: str, *, origin: str | None = None) -> Iterator[JobFolder]:
    """Create a job's folder, to be filled and recorded while the context is open.

    It is removed if that raises; if this process is killed, the next submission removes it.
    ``origin`` is the job that the new one is made of, which must stay meanwhile. Raises
    :class:`HomeError` for what the disk refuses.
    """
    home.job_cleanup.sweep()
    folder = home.job_service.folder(job)
    try:
        with record_submission(home.settings.submissions, job, origin=origin):
            try:
                folder.create()
                yield folder
            except BaseException:
                shutil.rmtree(folder.root, ignore_errors=True)
                raise
    except OSError as error:
        raise HomeError(str(folder.root.parent), error.strerror or str(error)) from None


def expectations_of(
    rules: tuple[str, ...], against: str | None, home: Home, *, strict: bool
) -> Expectations | None:
    """Return the rules of a metrics job with the metrics of ``against``; None where there are none.

    ``against`` is a job, or ``NAME@N`` with its last metrics job that succeeded. Raises
    :class:`ExpectationError` for a rule that cannot be applied.
    """
    expectations = None
    if against is not None and not rules:
        raise InvalidError(
            f"--against {against}: nothing is expected", 'Add --expect "auc >= ref - 0.01"'
        )
    if against is not None:
        record = _reference_job(against, home)
        name = f"job {record.short_id} ({record.snapshot_ref})"
        reference = _metrics_of(record, against, home)
        expectations = parse_expectations(rules, against=name, reference=reference)
    elif rules:
        expectations = parse_expectations(rules)
    return replace(expectations or Expectations(), is_strict=True) if strict else expectations


def require_function(kind: JobKind, ref: str, state: ModelState) -> None:
    """Raise :class:`InvalidError` for a model without the function that a job calls."""
    if state.primary_source is None:
        raise InvalidError(f"{ref} has no source to run", "Register it with its source file")
    if state.entry_points.get(kind.entry_point) is None:
        raise InvalidError(
            f"{ref} has no {kind.entry_point} function",
            f"Write '# modelop.{kind.entry_point}' above it and register again, or choose it with"
            f" --{kind.entry_point} FN",
        )


def _reference_job(against: str, home: Home) -> JobRecord:
    """Return a job by its id, or the last metrics job of ``NAME@N`` that succeeded."""
    if "@" not in against:
        return home.job_service.refresh(home.registry.get_job(against))
    model, snapshot = home.find(against)
    for record in home.job_service.list(model=model.name, limit=_MOST_JOBS):
        is_of_snapshot = snapshot is not None and record.snapshot == snapshot.number
        is_good = record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS
        if is_of_snapshot and is_good:
            return record
    raise InvalidError(
        f"--against {against}: no metrics job of it has succeeded",
        "Run one, or name another snapshot",
    )


def _metrics_of(record: JobRecord, against: str, home: Home) -> Any:
    metrics = Job(home.job_service, record).metrics
    if metrics is None:
        raise InvalidError(
            f"--against {against}: job {record.short_id} has no metrics",
            "Name a metrics job that has succeeded",
        )
    return metrics
