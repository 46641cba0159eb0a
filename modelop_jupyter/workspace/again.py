"""Jobs made of jobs: going on where one stood, scoring its bad records again, starting over."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.errors import ConflictError, InputError
from modelop_jupyter.jobs import abilities, digests, parts, sameness, splicing, staging, takeover
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Origin, Plan, Workers
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
        return begin(plan, folder, home, workers=plan.workers.wanted)

    return _made_of(job, "rerun", home, make)


def retry(job: Job, home: Home) -> JobRecord:
    """Go on where a job stood; raises :class:`ConflictError` where there is nothing to do."""
    record = job.record
    _require_done(record)
    origin = record.options.get("origin")
    if origin and origin["verb"] == "failed":
        return retry_failed(Job(home.job_service, home.registry.get_job(origin["job"])), home)
    result = job.folder.read("result.json")
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
    splicing.require(record, job.folder)

    def make(plan: Plan, folder: JobFolder) -> JobRecord:
        plan = takeover.take_inputs(plan, job.folder, folder)
        _require_inputs(plan)
        _require_same(plan, job)
        plan = replace(plan, workers=Workers())
        staging.stage(plan, folder, home.blobs)
        splicing.prepare(job.folder, folder)
        return _submit(plan, folder, home)

    return _made_of(job, "failed", home, make)


def _go_on(plan: Plan, old: JobFolder, folder: JobFolder, home: Home) -> JobRecord:
    tags = staging.tags_of(plan.snapshot.state, home.blobs)
    reason = abilities.why_not_resumable(plan, tags)
    staging.stage(plan, folder, home.blobs)
    short = plan.origin.job[:8] if plan.origin else ""
    if reason is None:
        if old.workers and not takeover.is_through(old):
            parts.divide_like(old, folder)
        done = takeover.take_progress(plan, old, folder)
        reason = None if done is not None else "it had finished nothing for good"
        if done is not None:
            folder.log("info", f"goes on where job {short} stood: {done} records are done")
    if reason is not None:
        folder.log("info", f"starts over, as job {short} cannot be gone on with: {reason}")
    return _submit(plan, folder, home)


def _submit(plan: Plan, folder: JobFolder, home: Home) -> JobRecord:
    digests.note(folder, plan.inputs)
    ready = home.environments.ready(plan.snapshot)
    return home.job_service.submit(plan, folder, python=ready.python if ready else None)


def _made_of(job: Job, verb: str, home: Home, make: Make) -> JobRecord:
    """Make a job of the plan of another one; a folder that comes to nothing is taken away."""
    message = job.folder.read("plan.json")
    if message is None:
        raise ConflictError(
            f"the folder of job {job.record.short_id} is gone", "Submit the job anew"
        )
    origin = Origin(job.id, verb)
    plan = from_wire(Plan, message)
    snapshot = home.registry.get_snapshot(plan.model.name, plan.snapshot.number)
    identity = str(uuid.uuid4())
    plan = replace(plan, id=identity, created=time.time(), origin=origin, snapshot=snapshot)
    with new_folder(home, identity, origin=job.id) as folder:
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


def _require_same(plan: Plan, job: Job) -> None:
    changed = sameness.difference(plan.inputs, digests.known(job.folder))
    if changed is not None:
        raise ConflictError(
            f"job {job.record.short_id} cannot be gone on with: {changed}",
            f"'job rerun {job.record.short_id}' starts over with the input as it is now",
        )
