"""What ``--load`` and ``--record`` bring into a kernel: a staged model, and a record that failed."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobKind, RecordError
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs import documents
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.launch import RUNNER
from modelop_jupyter.jobs.plan import Output, Plan
from modelop_jupyter.jobs.staging import stage
from modelop_jupyter.workspace import Job, Workspace


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """A record of a job: ``value`` is what the score function was given, or the text as it stood."""

    job: Job
    index: int
    value: Any


def failed_record(workspace: Workspace, name: str, wanted: str) -> FailedRecord:
    """Return the record that ``JOB:INDEX`` names; raises :class:`InvalidError` where there is none."""
    identity, colon, number = wanted.rpartition(":")
    if not colon or not number.isdigit():
        raise InvalidError(
            f"--record {wanted}: not of the form JOB:INDEX",
            f"'%modelop job errors {identity or wanted}' shows what to type for each record",
        )
    job = workspace.job(identity)
    if job.record.model != name.partition("@")[0]:
        raise InvalidError(
            f"job {job.record.short_id} is one of {job.record.model}, not of {name}",
            f"Write %%modelop run {job.record.model} --record {wanted}",
        )
    index = int(number)
    for error in job.errors():
        if error.index == index:
            return FailedRecord(job, index, _value(error))
    raise InvalidError(
        f"record {index} of job {job.record.short_id} was neither rejected nor did it fail",
        f"'%modelop job errors {job.record.short_id}' lists those that were",
    )


def load_code(folder: Path, record: FailedRecord | None) -> str:
    """Return the cell that loads a staged model in its kernel."""
    given = [str(folder), str(RUNNER)]
    if record is not None:
        given.append(record.value)
    # JSON of JSON is a Python string of plain characters, whatever the record holds.
    arguments = json.dumps(json.dumps(given))
    return f"__import__('_modelop_kernel').load(*__import__('json').loads({arguments}))"


def stage_model(workspace: Workspace, ref: str, folder: Path) -> Path:
    """Make a fresh copy of a model's assets below a kernel's folder; the same snapshot only once."""
    model, snapshot = workspace.pinned(ref)
    plan = Plan(
        id=f"kernel-{folder.name}",
        kind=JobKind.BATCH,
        model=model,
        snapshot=snapshot,
        inputs=(),
        output=Output("output.json", "json"),
        created=time.time(),
    )
    return _stage(workspace, plan, folder / f"load-{snapshot.number}")


def stage_job(workspace: Workspace, job: Job, folder: Path) -> Path:
    """Make a fresh copy of what a job ran, with the job itself as what ``init`` is told."""
    plan, text = job.plan, None
    # A text that cannot be read, or is no JSON, is made anew of the plan.
    with suppress(OSError, ValueError):
        found = (job.folder.root / "job.json").read_text(encoding="utf-8")
        text = found if isinstance(json.loads(found), dict) else None
    if text is None:
        text = json.dumps(documents.job(plan, workspace.blobs.read), ensure_ascii=False)
    target = folder / f"load-{job.record.short_id}"
    return _stage(workspace, replace(plan, inputs=()), target, job_text=text)


def _stage(workspace: Workspace, plan: Plan, target: Path, *, job_text: str | None = None) -> Path:
    if plan.snapshot.state.primary_source is None:
        raise InvalidError(
            f"{plan.snapshot.ref} has no source to load", "Register it with its source file"
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
    """Return a record as the score function got it where its text is JSON, else the text."""
    try:
        return json.loads(error.record or "")
    except ValueError:
        return error.record
