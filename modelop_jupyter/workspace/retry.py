"""New jobs from ended ones: resume one, score its bad records again, or start it over."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from modelop_jupyter.domain.job_options import Origin, Workers
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobStatus
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.retries import Retries
from modelop_jupyter.errors import (
    ConflictError,
    DamagedJobError,
    InputError,
    ObjectChangedError,
    UsageMistakeError,
)
from modelop_jupyter.formats.cuts import record_cut
from modelop_jupyter.jobs import staging
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.protocol import ChunkList, OutputParts, RunnerRequest, RunnerResult
from modelop_jupyter.jobs.resume import input_changes, merge_rescored, resume
from modelop_jupyter.jobs.sharding import capabilities, chunks, stored_outputs
from modelop_jupyter.jobs.stored_plan import flaw_of_plan
from modelop_jupyter.models.source import tags_of
from modelop_jupyter.remedies import Remedy
from modelop_jupyter.workspace import remote_inputs
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.job_outputs import require_own_objects
from modelop_jupyter.workspace.submission import (
    engine_of,
    new_job_folder,
    start,
    start_staged,
    with_chunks_prefix,
)

# Fills the folder of the new job and starts it.
Start = Callable[[Plan, JobFolder], JobRecord]


@dataclass(frozen=True, slots=True)
class NewLimits:
    """Limits that a new job has instead of those of the one it is made of; None keeps that one's."""

    seconds: float | None = None
    record_seconds: float | None = None
    memory: int | None = None
    retries: Retries | None = None
    cpu_seconds: float | None = None

    def require_for(self, record: JobRecord) -> None:
        """Refuse a limit that a job of this kind does not have."""
        if self.record_seconds is not None and record.kind is not JobKind.BATCH:
            raise UsageMistakeError(
                f"a {record.kind.value} job is one call: it has no limit for each record",
                "Give it more time with --timeout",
            )
        if self.retries is not None and record.kind is not JobKind.BATCH:
            raise UsageMistakeError(
                f"a {record.kind.value} job is one call: it has no records to try again",
                "Leave out --retry and --retry-on",
            )

    def applied(self, plan: Plan) -> Plan:
        """Return a plan with these limits."""
        limits = plan.limits
        return replace(
            plan,
            limits=replace(
                limits,
                seconds=self.seconds or limits.seconds,
                record_seconds=self.record_seconds or limits.record_seconds,
                memory=self.memory or limits.memory,
                retries=self.retries or limits.retries,
                cpu_seconds=self.cpu_seconds or limits.cpu_seconds,
            ),
        )


UNCHANGED = NewLimits()


def rerun(
    job: Job, home: Home, *, current: bool = False, limits: NewLimits = UNCHANGED
) -> JobRecord:
    """Start a job over: the same inputs, parameters and output, and the same limits but for new ones.

    It runs the same snapshot, or, if ``current``, the model as it is now.
    """
    limits.require_for(job.record)

    def fill_and_start(plan: Plan, folder: JobFolder) -> JobRecord:
        plan = limits.applied(_with_current_model(plan, home) if current else plan)
        plan = resume.copy_inputs(plan, job.folder, folder)
        plan = remote_inputs.fetch_anew(plan)
        _require_inputs(plan)
        _require_own_copies(plan, job, folder)
        if plan.output.prefix is not None:
            require_own_objects(plan.output.prefix, stored_outputs.objects_of(plan))
        return start(plan, folder, home, workers=plan.workers.wanted)

    return _new_job(job, "rerun", home, fill_and_start)


def _with_current_model(plan: Plan, home: Home) -> Plan:
    model, snapshot = home.resolve_snapshot(plan.model.name)
    return replace(plan, model=model, snapshot=snapshot)


def resume_job(
    job: Job, home: Home, *, engine: str | None = None, limits: NewLimits = UNCHANGED
) -> JobRecord:
    """Resume a job that ended early; raises :class:`ConflictError` where there is nothing to resume.

    ``engine`` is where it goes on, None for where it ran before.
    """
    record = job.record
    limits.require_for(record)
    _require_done(record)
    job.require_here()
    origin = record.options.origin
    if origin is not None and origin.verb == "failed":
        before = Job(home.job_service, home.registry.get_job(origin.job))
        return retry_failed(before, home, limits=limits)
    result = job.folder.read_if_whole(RunnerResult)
    has_died = record.error is not None and record.error.code == "runner_died"
    is_delivered = record.status is JobStatus.COMPLETE or has_died
    if resume.is_finished(job.folder) and is_delivered:
        raise _nothing_to_resume(record)

    def fill_and_start(plan: Plan, folder: JobFolder) -> JobRecord:
        plan = limits.applied(resume.copy_inputs(plan, job.folder, folder))
        _fetch_again(plan, job)
        _require_inputs(plan)
        _require_same(plan, job)
        if result is not None and result.has_too_many_errors:
            # It would stop at once again.
            plan = replace(plan, limits=replace(plan.limits, max_errors=None))
        if engine is not None:
            plan = replace(plan, engine=engine_of(engine, home))
        if plan.engine is None:
            plan = remote_inputs.localised(plan, folder)
        if engine is not None:
            plan = replace(plan, workers=_workers_of(plan, home))
        if plan.chunks_prefix is None:
            plan = with_chunks_prefix(plan, home)
        return _resume(plan, job.folder, folder, home)

    return _new_job(job, "retry", home, fill_and_start)


def retry_failed(job: Job, home: Home, *, limits: NewLimits = UNCHANGED) -> JobRecord:
    """Score a job's bad records again, and put their new outputs in the places of the old."""
    record = job.record
    limits.require_for(record)
    _require_done(record)
    job.require_here()
    if job.plan.other_outputs:
        raise ConflictError(
            f"the bad records of job {record.short_id} cannot be scored alone: it has several outputs",
            "Start the job over",
            remedies=[restart(record)],
        )
    merge_rescored.require_rescorable(record, job.folder, job.plan.output)
    input_changes.require_states(job.folder, job.plan.inputs)

    def fill_and_start(plan: Plan, folder: JobFolder) -> JobRecord:
        plan = resume.copy_inputs(plan, job.folder, folder)
        _fetch_again(plan, job)
        _require_inputs(plan)
        _require_same(plan, job)
        plan = remote_inputs.localised(limits.applied(plan), folder)
        plan = replace(plan, workers=Workers(), engine=None, chunks_prefix=None)
        staging.stage(plan, folder, home.blobs)
        resume.require_same_conversions(plan, job.folder, folder)
        merge_rescored.prepare_request(job.folder, folder)
        return start_staged(plan, folder, home)

    return _new_job(job, "failed", home, fill_and_start)


def _workers_of(plan: Plan, home: Home) -> Workers:
    """Return the workers of a job that goes on on another engine, or on this machine."""
    tags, wanted = tags_of(plan.snapshot.state, home.blobs), plan.workers.wanted
    if plan.engine is None:
        return capabilities.workers_for(wanted or capabilities.AUTO, plan, tags, home.blobs)
    return capabilities.workers_on_engine(wanted, plan, tags, home.blobs)


def _nothing_to_resume(record: JobRecord) -> ConflictError:
    bad = record.counts.failed + record.counts.rejected
    remedies = [restart(record)]
    if bad:
        command = ("job", "retry", record.short_id, "--failed")
        remedies.insert(0, Remedy("Score its failed records again", (command,)))
    return ConflictError(f"job {record.short_id} went through all its records", remedies=remedies)


def restart(record: JobRecord, text: str = "Run again") -> Remedy:
    """Return what starts a job over."""
    return Remedy(text, (("job", "rerun", record.short_id),))


def _resume(plan: Plan, old: JobFolder, folder: JobFolder, home: Home) -> JobRecord:
    """Start a job behind what another has finished, or over where that cannot be, and log why."""
    tags = tags_of(plan.snapshot.state, home.blobs)
    reason = capabilities.why_not_resumable(plan, tags)
    staging.stage(plan, folder, home.blobs, in_chunks=_converts_in_chunks(plan, old))
    objects = stored_outputs.objects_of(plan)
    short = plan.origin.job[:8] if plan.origin else ""
    if reason is None:
        done = None
        try:
            input_changes.require_states(old, plan.inputs)
            done = resume.copy_progress(plan, old, folder, objects=objects)
        except DamagedJobError as error:
            reason = error.message
        if done is not None:
            folder.log("info", f"resumes job {short}: {done} records are done")
        else:
            reason = reason or "it had finished no records that can be kept"
    if reason is not None:
        folder.log("info", f"starts over, as job {short} cannot be resumed: {reason}")
    if plan.output.prefix is not None and not folder.has(OutputParts):
        require_own_objects(plan.output.prefix, objects, chunks.chunks_of(folder))
    return start_staged(plan, folder, home)


def _converts_in_chunks(plan: Plan, old: JobFolder) -> bool:
    """Return whether a job that goes on converts its chunks one by one: as the one before, if that was begun."""
    request = old.read_if_whole(RunnerRequest)
    if request is None or not record_cut(plan.inputs[0].format):
        return capabilities.converts_in_chunks(plan)
    was = record_cut(request.inputs[0].format) is not None
    has_begun = not was or old.has(ChunkList)
    return was if has_begun else capabilities.converts_in_chunks(plan)


def _new_job(job: Job, verb: str, home: Home, fill_and_start: Start) -> JobRecord:
    """Start a job with the plan of another one; its folder is removed again if that fails."""
    origin = Origin(job.id, verb)
    plan, flaw = job.plan, flaw_of_plan(job.folder)
    snapshot = home.registry.get_snapshot(plan.model.name, plan.snapshot.number)
    identity = str(uuid.uuid4())
    plan = replace(plan, id=identity, created=time.time(), origin=origin, snapshot=snapshot)
    with new_job_folder(home, identity, origin=job.id) as folder:
        if flaw is not None:
            folder.log("warning", f"{flaw.message}; the registry knows what was asked for")
        return fill_and_start(plan, folder)


def _require_done(record: JobRecord) -> None:
    if not record.status.is_done:
        command = ("job", "attach", record.short_id)
        raise ConflictError(
            f"job {record.short_id} still runs", remedies=[Remedy("See how far it is", (command,))]
        )


def _fetch_again(plan: Plan, job: Job) -> None:
    try:
        remote_inputs.fetch_again(plan)
    except ObjectChangedError as error:
        raise ConflictError(
            f"job {job.record.short_id} cannot be resumed: {error.message}",
            remedies=[restart(job.record, "Start over with the input as it is now")],
        ) from None


def _require_inputs(plan: Plan) -> None:
    for data in plan.inputs:
        for path in () if data.is_read_by_ranges else data.paths:
            if not Path(path).is_file():
                raise InputError(data.name, f"is not there any more ({path})")


def _require_own_copies(plan: Plan, job: Job, folder: JobFolder) -> None:
    """Refuse inputs that only the job holds and that have changed: nobody changes those on purpose."""
    states = iter(input_changes.read_states(job.folder))
    for number, data in enumerate(plan.inputs):
        changed = input_changes.describe_change([data], list(islice(states, len(data.paths))))
        is_own = not data.remotes and folder.inputs in Path(data.path).parents
        if is_own and changed is not None:
            name = f"inputs/{Path(data.path).name}"
            change = changed.removeprefix(f"input {data.name} ")
            raise job.folder.damaged(name, f"input {number} {change}", "Submit the job anew")


def _require_same(plan: Plan, job: Job) -> None:
    changed = input_changes.describe_change(plan.inputs, input_changes.read_states(job.folder))
    if changed is not None:
        raise ConflictError(
            f"job {job.record.short_id} cannot be resumed: {changed}",
            remedies=[restart(job.record, "Start over with the input as it is now")],
        )
