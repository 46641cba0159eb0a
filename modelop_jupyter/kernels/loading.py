"""Load a staged model and a failed record into a kernel: ``--load`` and ``--record``."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.deployments.staging import stage_replica
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.engines import RUNNER
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.staging import stage
from modelop_jupyter.models import documents
from modelop_jupyter.workspace import Job, Workspace

DEPLOYMENT = "deployment"
"""What stands for a job in ``--record`` where the record came to the model's deployment."""


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """A failed record; ``value`` is the parsed record, or its text if it is no JSON.

    ``snapshot`` was asked for it, in a ``job`` or, where that is None, by a request.
    """

    snapshot: str
    index: int
    value: Any
    job: Job | None = None


def failed_record(workspace: Workspace, name: str, record: str) -> FailedRecord:
    """Return the failed record that ``JOB:INDEX`` or ``deployment:INDEX`` names.

    Raises :class:`InvalidError` if there is none.
    """
    identity, colon, number = record.rpartition(":")
    model = name.partition("@")[0]
    if not colon or not number.isdigit():
        errors = f"{DEPLOYMENT} errors {model}" if identity == DEPLOYMENT else "job errors JOB"
        raise InvalidError(
            f"--record {record}: it must be JOB:INDEX or {DEPLOYMENT}:INDEX",
            f"'%modelop {errors}' lists the failed records with their indexes",
        )
    if identity == DEPLOYMENT:
        failure = workspace.deployment_failure(model, int(number))
        snapshot = f"{model}@{failure.snapshot}"
        return FailedRecord(snapshot, failure.index, _value(failure.record))
    job = workspace.job(identity)
    if job.record.model != model:
        raise InvalidError(
            f"job {job.record.short_id} is a job of {job.record.model}, not of {name}",
            f"Write %%modelop run {job.record.model} --record {record}",
        )
    return _of_job(job, int(number))


def _of_job(job: Job, index: int) -> FailedRecord:
    for error in job.errors():
        if error.index == index:
            return FailedRecord(job.record.snapshot_ref, index, _value(error.record), job)
    raise InvalidError(
        f"record {index} of job {job.record.short_id} was not rejected and did not fail",
        f"'%modelop job errors {job.record.short_id}' lists the records that were",
    )


def load_code(folder: Path, record: FailedRecord | None) -> str:
    """Return the code of a cell that loads a staged model, and a failed record, in its kernel."""
    values = [str(folder), str(RUNNER)]
    if record is not None:
        values.append(record.value)
    # JSON of JSON is a valid Python string literal in ASCII.
    arguments = json.dumps(json.dumps(values))
    return f"__import__('_modelop_kernel').load(*__import__('json').loads({arguments}))"


def stage_model(workspace: Workspace, ref: str, folder: Path) -> Path:
    """Stage a model below a kernel's folder and return the staged folder; each snapshot only once."""
    model, snapshot = workspace.models.resolve_snapshot(ref)
    plan = Plan(
        id=f"kernel-{folder.name}",
        kind=JobKind.BATCH,
        model=model,
        snapshot=snapshot,
        inputs=(),
        output=OutputTarget("output.json", "json"),
        created=time.time(),
    )
    return _stage(workspace, plan, folder / f"load-{snapshot.number}")


def stage_record(workspace: Workspace, record: FailedRecord, folder: Path) -> Path:
    """Stage the snapshot that was asked for a record, as it was initialised then."""
    if record.job is not None:
        return _stage_job(workspace, record.job, folder)
    return _stage_deployed(workspace, record.snapshot, folder)


def _stage_deployed(workspace: Workspace, ref: str, folder: Path) -> Path:
    """Stage a snapshot that was deployed: its ``init`` gets the document of the deployment."""
    model, snapshot = workspace.models.resolve_snapshot(ref)
    deployment = workspace.deployment(model.name)
    plan = DeploymentPlan(
        id=deployment.id,
        model=model,
        snapshot=snapshot,
        python="",  # it runs in the kernel
        created=deployment.created.timestamp(),
        options=deployment.options,
    )
    return _staged(
        folder / f"load-{DEPLOYMENT}-{snapshot.number}-{deployment.id}",
        snapshot,
        lambda staged: stage_replica(plan, staged, workspace.blobs),
    )


def _stage_job(workspace: Workspace, job: Job, folder: Path) -> Path:
    """Stage the model of a job, with the job's own ``job.json`` as the argument of ``init``."""
    plan, text = job.plan, None
    # If the file is missing or damaged, the document is made of the plan.
    with suppress(OSError, ValueError):
        stored = (job.folder.root / "job.json").read_text(encoding="utf-8")
        text = stored if isinstance(json.loads(stored), dict) else None
    if text is None:
        text = json.dumps(documents.job(plan, workspace.blobs.read), ensure_ascii=False)
    target = folder / f"load-{job.record.short_id}"
    return _stage(workspace, replace(plan, inputs=()), target, job_text=text)


def _stage(workspace: Workspace, plan: Plan, target: Path, *, job_text: str | None = None) -> Path:
    def fill(folder: JobFolder) -> None:
        folder.create()
        stage(plan, folder, workspace.blobs)
        if job_text is not None:
            files.write_text(target / "job.json", job_text)

    return _staged(target, plan.snapshot, fill)


def _staged(target: Path, snapshot: Snapshot, fill: Callable[[JobFolder], None]) -> Path:
    """Return a folder that is filled if it is not there; raises :class:`InvalidError` without a source."""
    if snapshot.state.primary_source is None:
        raise InvalidError(
            f"{snapshot.ref} has no source to load", "Register the model with its source file"
        )
    if target.exists():
        return target
    try:
        fill(JobFolder(target))
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return target


def _value(record: str | None) -> Any:
    """Return a record parsed as JSON, as the score function gets it, or its text if it is no JSON."""
    try:
        return json.loads(record or "")
    except ValueError:
        return record
