"""``/jobs/JOB``: one job, whoever submitted it; stopped, removed, told in ModelOp's JSON, its metrics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.disk import Clearing
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.reports import Difference
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.progress import JobLine, Progress, job_line
from modelop_jupyter.server.resources.job_cleanup import remove_job
from modelop_jupyter.server.words import FLAG, JOB, record


@dataclass(frozen=True, slots=True)
class JobDetail:
    """A job with what is told of it besides.

    ``output`` is where it lies, as the file browser shows it or else in full; None for one that is
    kept with the job.
    ``is_awaited`` says that a cell waits for it, or has shown its end.
    ``is_pinned`` is one that is never removed, ``size`` the bytes that its folder takes.
    ``artefacts`` are the files that a train function left in ``outputDir/``, ``differences`` those of
    a rerun, ``hint`` what to do about a job that did not end well.
    """

    record: JobRecord
    progress: Progress | None
    output: str | None
    artefacts: tuple[str, ...]
    differences: tuple[Difference, ...] | None
    hint: str | None
    is_awaited: bool
    is_pinned: bool
    size: int


@dataclass(frozen=True, slots=True)
class JobMetrics:
    """What a metrics function returned; null for another job, or one that failed."""

    job: str
    metrics: Any


def show_job(ask: Ask) -> JobDetail:
    workspace = ask.desk.workspace
    job = workspace.job(ask.path["job"])
    line: JobLine = job_line(workspace, job.record)
    root = job.folder.work / "outputDir"
    output = None
    if line.record.output and not Path(line.record.output).is_relative_to(job.folder.root):
        output = ask.desk.root.shown(line.record.output) or line.record.output
    return JobDetail(
        record=line.record,
        progress=line.progress,
        output=output,
        artefacts=tuple(path.relative_to(root).as_posix() for path in job.artefacts()),
        differences=workspace.job_differences(job),
        hint=job.hint,
        is_awaited=job.is_awaited,
        is_pinned=job.is_pinned,
        size=job.size,
    )


def cancel_job(ask: Ask) -> JobRecord:
    return ask.desk.workspace.job(ask.path["job"]).cancel().record


def retry_job(ask: Ask) -> JobRecord:
    failed = ask.body.get("failed", False)
    return ask.desk.workspace.job_retry(ask.path["job"], failed=failed).record


def rerun_job(ask: Ask) -> JobRecord:
    return ask.desk.workspace.job_rerun(ask.path["job"]).record


def show_job_document(ask: Ask) -> dict[str, Any]:
    return ask.desk.workspace.job_document(ask.path["job"])


def show_job_metrics(ask: Ask) -> JobMetrics:
    job = ask.desk.workspace.job(ask.path["job"])
    return JobMetrics(job.id, job.metrics)


RESOURCE = Resource(
    path="/jobs/{job}",
    parameters={"job": JOB},
    get=Operation(show_job, "Show one job.", JobDetail),
    delete=Operation(
        remove_job,
        "Remove a job with all that it holds; an output that lies elsewhere stays.",
        Clearing,
        is_slow=True,
    ),
)

CANCELLATION = Resource(
    path="/jobs/{job}/cancel",
    parameters={"job": JOB},
    post=Operation(
        cancel_job,
        "Stop a job and everything it started; what it has so far is kept.",
        JobRecord,
        is_slow=True,
    ),
)

RETRY = Resource(
    path="/jobs/{job}/retry",
    parameters={"job": JOB},
    post=Operation(
        retry_job,
        "Go on where a job stood when it ended early, or score only its bad records again.",
        JobRecord,
        body={**record(failed=FLAG), "examples": [{"failed": False}]},
        status=201,
        is_slow=True,
    ),
)

RERUN = Resource(
    path="/jobs/{job}/rerun",
    parameters={"job": JOB},
    post=Operation(
        rerun_job,
        "Start a job over with all that was asked for.",
        JobRecord,
        status=201,
        is_slow=True,
    ),
)

DOCUMENT = Resource(
    path="/jobs/{job}/document",
    parameters={"job": JOB},
    get=Operation(
        show_job_document, "Show a job in ModelOp's JSON.", {"type": "object"}, is_slow=True
    ),
)

METRICS = Resource(
    path="/jobs/{job}/metrics",
    parameters={"job": JOB},
    get=Operation(show_job_metrics, "Show what a metrics function returned.", JobMetrics),
)
