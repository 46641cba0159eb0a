"""Load a staged model and a failed record into a kernel: ``--load`` and ``--record``."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import JobKind, RecordError
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.engines import RUNNER
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.staging import stage
from modelop_jupyter.models import documents
from modelop_jupyter.workspace import Job, Workspace


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """A failed record of a job; ``value`` is the parsed record, or its text if it is no JSON."""

    job: Job
    index: int
    value: Any


def failed_record(workspace: Workspace, name: str, record: str) -> FailedRecord:
    """Return the failed record that ``JOB:INDEX`` names; raises :class:`InvalidError` if there is none."""
    identity, colon, number = record.rpartition(":")
    if not colon or not number.isdigit():
        raise InvalidError(
            f"--record {record}: it must be JOB:INDEX",
            f"'%modelop job errors {identity or record}' lists the failed records with their indexes",
        )
    job = workspace.job(identity)
    if job.record.model != name.partition("@")[0]:
        raise InvalidError(
            f"job {job.record.short_id} is a job of {job.record.model}, not of {name}",
            f"Write %%modelop run {job.record.model} --record {record}",
        )
    index = int(number)
    for error in job.errors():
        if error.index == index:
            return FailedRecord(job, index, _value(error))
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


def stage_job(workspace: Workspace, job: Job, folder: Path) -> Path:
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
    if plan.snapshot.state.primary_source is None:
        raise InvalidError(
            f"{plan.snapshot.ref} has no source to load", "Register the model with its source file"
        )
    if target.exists():
        return target
    folder = JobFolder(target)
    folder.create()
    try:
        stage(plan, folder, workspace.blobs)
        if job_text is not None:
            files.write_text(target / "job.json", job_text)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return target


def _value(error: RecordError) -> Any:
    """Return a record parsed as JSON, as the score function gets it, or its text if it is no JSON."""
    try:
        return json.loads(error.record or "")
    except ValueError:
        return error.record
