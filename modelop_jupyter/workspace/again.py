"""Jobs made of jobs: going on where one stood, scoring its bad records again, starting over."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.errors import ConflictError, DamagedJobError, InputError
from modelop_jupyter.jobs import abilities, digests, sameness, splicing, staging, takeover
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Origin, Plan, Workers
from modelop_jupyter.jobs.rebuilding import flaw_of_plan
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.job import Job
from modelop_jupyter.workspace.new_folder import new_folder
from modelop_jupyter.workspace.submission import begin

Make = Callable[[Plan, JobFolder], JobRecord]


def rerun(job: Job, home: Home) -> JobRecord:
    """Start a job over: the same snapshot, inputs, parameters, limits and output."""

    def make(plan: Plan, folder: JobFolder) -> JobRecord:
        plan = takeover.take_inputs(plan, job.folder, folder)
        _require_inputs(plan)
        _require_own_copies(plan, job, folder)
        return begin(plan, folder, home, workers=plan.workers.wanted)

    return _made_of(job, "rerun", home, make)


def retry(job: Job, home: Home) -> JobRecord:
    """Go on where a job stood; raises :class:`ConflictError` where there is nothing to do."""
    record = job.record
    _require_done(record)
    job.require_here()
    origin = record.options.get("origin")
    if origin and origin["verb"] == "failed":
        return retry_failed(Job(home.job_service, home.registry.get_job(origin["job"])), home)
    result = job.folder.read_if_whole("result.json")
    is_delivered = (
        record.status is JobStatus.COMPLETE or (record.error or {}).get("code") == "runner_died"
    )
    if takeover.is_through(job.folder) and is_delivered:
        bad = record.counts.failed + record.counts.rejected
        hint = f"'job rerun {record.short_id}' starts over"
        if bad:
            hint = (
                f"'job retry --failed {record.short_id}' scores its {bad} bad records again, "
                + hint
            )
        raise ConflictError(f"job {record.short_id} went through all its records", hint)

    def make(plan: Plan, folder: JobFolder) -> JobRecord:
        plan = takeover.take_inputs(plan, job.folder, folder)
        _require_inputs(plan)
        _require_same(plan, job)
        if result is not None and result.get("stopped_early") == "max_errors":
            # It would stop at once again.
            plan = replace(plan, limits=replace(plan.limits, max_errors=None))
        return _go_on(plan, job.folder, folder, home)

    return _made_of(job, "retry", home, make)


def retry_failed(job: Job, home: Home) -> JobRecord:
    """Score a job's bad records again, and put what comes out in their places."""
    record = job.record
    _require_done(record)
    job.require_here()
    if job.plan.other_outputs:
        raise ConflictError(
            f"the bad records of job {record.short_id} cannot be scored alone: it has several outputs",
            f"'job rerun {record.short_id}' starts over",
        )
    splicing.require(record, job.folder, job.plan.output)
    digests.require(job.folder, job.plan.inputs)

    def make(plan: Plan, folder: JobFolder) -> JobRecord:
        plan = takeover.take_inputs(plan, job.folder, folder)
        _require_inputs(plan)
        _require_same(plan, job)
        plan = replace(plan, workers=Workers())
        staging.stage(plan, folder, home.blobs)
        takeover.require_conversions(job.folder, folder)
        splicing.prepare(job.folder, folder)
        return _submit(plan, folder, home)

    return _made_of(job, "failed", home, make)


def _go_on(plan: Plan, old: JobFolder, folder: JobFolder, home: Home) -> JobRecord:
    tags = staging.tags_of(plan.snapshot.state, home.blobs)
    reason = abilities.why_not_resumable(plan, tags)
    staging.stage(plan, folder, home.blobs)
    short = plan.origin.job[:8] if plan.origin else ""
    if reason is None:
        done = None
        try:
            digests.require(old, plan.inputs)
            done = takeover.take_progress(plan, old, folder)
        except DamagedJobError as error:
            reason = error.message
        if done is not None:
            folder.log("info", f"goes on where job {short} stood: {done} records are done")
        else:
            reason = reason or "it had finished nothing for good"
    if reason is not None:
        folder.log("info", f"starts over, as job {short} cannot be gone on with: {reason}")
    return _submit(plan, folder, home)


def _submit(plan: Plan, folder: JobFolder, home: Home) -> JobRecord:
    digests.note(folder, plan.inputs)
    ready = home.environments.sound(plan.snapshot)
    return home.job_service.submit(plan, folder, python=ready.python if ready else None)


def _made_of(job: Job, verb: str, home: Home, make: Make) -> JobRecord:
    """Make a job of the plan of another one; a folder that comes to nothing is taken away."""
    origin = Origin(job.id, verb)
    plan, flaw = job.plan, flaw_of_plan(job.folder)
    snapshot = home.registry.get_snapshot(plan.model.name, plan.snapshot.number)
    identity = str(uuid.uuid4())
    plan = replace(plan, id=identity, created=time.time(), origin=origin, snapshot=snapshot)
    with new_folder(home, identity, origin=job.id) as folder:
        if flaw is not None:
            folder.log("warning", f"{flaw.message}; the registry knows what was asked for")
        return make(plan, folder)


def _require_done(record: JobRecord) -> None:
    if not record.status.is_done:
        raise ConflictError(
            f"job {record.short_id} still runs",
            f"'job attach {record.short_id}' shows how far it is",
        )


def _require_inputs(plan: Plan) -> None:
    for data in plan.inputs:
        if not Path(data.path).is_file():
            raise InputError(data.name, f"is not there any more ({data.path})")


def _require_own_copies(plan: Plan, job: Job, folder: JobFolder) -> None:
    """Refuse inputs that only the job holds and that are not what they were: nobody changes those."""
    states = digests.known(job.folder)
    for number, (data, state) in enumerate(zip(plan.inputs, states, strict=False)):
        changed = sameness.difference([data], [state])
        if folder.inputs in Path(data.path).parents and changed is not None:
            name = f"inputs/{Path(data.path).name}"
            said = changed.removeprefix(f"input {data.name} ")
            raise job.folder.damaged(name, f"input {number} {said}", "Submit the job anew")


def _require_same(plan: Plan, job: Job) -> None:
    changed = sameness.difference(plan.inputs, digests.known(job.folder))
    if changed is not None:
        raise ConflictError(
            f"job {job.record.short_id} cannot be gone on with: {changed}",
            f"'job rerun {job.record.short_id}' starts over with the input as it is now",
        )
