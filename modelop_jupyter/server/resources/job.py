"""``/jobs/JOB``: one job, whoever submitted it; stopped, told in ModelOp's JSON, its metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.progress import JobLine, Progress, job_line
from modelop_jupyter.server.words import JOB


@dataclass(frozen=True, slots=True)
class JobDetail:
    """A job with what is told of it besides: ``output`` is its path in the file browser, if it has one.

    ``artefacts`` are the files that a train function left in ``outputDir/``.
    """

    record: JobRecord
    progress: Progress | None
    output: str | None
    artefacts: tuple[str, ...]


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
    return JobDetail(
        record=line.record,
        progress=line.progress,
        output=ask.desk.root.shown(line.record.output) if line.record.output else None,
        artefacts=tuple(path.relative_to(root).as_posix() for path in job.artefacts()),
    )


def cancel_job(ask: Ask) -> JobRecord:
    return ask.desk.workspace.job(ask.path["job"]).cancel().record


def show_job_document(ask: Ask) -> dict[str, Any]:
    return ask.desk.workspace.job_document(ask.path["job"])


def show_job_metrics(ask: Ask) -> JobMetrics:
    job = ask.desk.workspace.job(ask.path["job"])
    return JobMetrics(job.id, job.metrics)


RESOURCE = Resource(
    path="/jobs/{job}",
    parameters={"job": JOB},
    get=Operation(show_job, "Show one job.", JobDetail),
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
