"""``/jobs``, ``/jobs/removals`` and ``/jobs/JOB``: list, submit, show, cancel, retry, rerun and remove jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from modelop_jupyter.domain.chunks import ChunkCounts
from modelop_jupyter.domain.disk import Clearing
from modelop_jupyter.domain.engines import EngineState
from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.domain.job_lists import JobColumn, JobOrder
from modelop_jupyter.domain.job_states import JobState, StateKind
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobStatus
from modelop_jupyter.domain.lists import Page
from modelop_jupyter.domain.reports import Difference
from modelop_jupyter.domain.usage import ResourceUsage
from modelop_jupyter.remedies import Remedy
from modelop_jupyter.server.resources.fields import (
    BOOLEAN,
    ENGINE,
    JOB_ID,
    MODEL_NAME,
    SHORT_TEXT,
)
from modelop_jupyter.server.resources.job_submission import NEW_LIMITS, job_body, submit_job
from modelop_jupyter.server.resources.moments import MOMENT, moment_of
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource, paginated
from modelop_jupyter.storage import is_address
from modelop_jupyter.workspace import Workspace

_MOST_REMOVED = 1_000
_DONE = [status for status in JobStatus if status.is_done]
_STATUSES = {
    "running": [status for status in JobStatus if not status.is_done],
    "done": _DONE,
    **{status.value: [status] for status in _DONE},
}


@dataclass(frozen=True, slots=True)
class JobProgress:
    """The progress of a job that has not ended; ``state`` says in plain words what it does.

    ``rate`` is in records a second, ``total`` an estimate of all records, ``usage`` what its processes take.
    ``cluster`` is what the job's engine has, ``chunks`` how many parts of the input are done.
    """

    SCHEMA_NAME: ClassVar[str] = "Progress"

    state: JobState
    phase: str
    step: BuildStep | None
    bytes: int
    total_bytes: int | None
    rate: float | None
    seconds_left: float | None
    total: int | None
    usage: ResourceUsage | None
    cluster: EngineState | None
    chunks: ChunkCounts | None


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job in a list; ``progress`` is None when it has ended."""

    record: JobRecord
    progress: JobProgress | None


@dataclass(frozen=True, slots=True)
class JobDetail:
    """A job in its own view.

    ``progress`` is None when it has ended.
    ``output`` is its path in the file browser, an absolute path for a file that this does not show,
    None for an output inside the job folder.
    ``artefacts`` are the files that a train function left in ``outputDir/``.
    ``differences`` are those of a rerun from the job it repeats, None for another job.
    ``hint`` is what to do about a job that failed, ``remedies`` are the commands that do it.
    ``is_awaited`` is true if a cell waits for it or has shown its end.
    ``is_pinned`` is true if it is never removed, ``size`` is that of its folder in bytes.
    """

    record: JobRecord
    progress: JobProgress | None
    output: str | None
    artefacts: tuple[str, ...]
    differences: tuple[Difference, ...] | None
    hint: str | None
    remedies: tuple[Remedy, ...]
    is_awaited: bool
    is_pinned: bool
    size: int


def list_jobs(request: Request) -> Page:
    workspace, query = request.context.workspace, request.query
    page = workspace.job_page(
        model=query.get("model"),
        kinds=[JobKind(query["kind"])] if "kind" in query else (),
        statuses=_STATUSES[query["state"]] if "state" in query else (),
        states=[StateKind(query["result"])] if "result" in query else (),
        match=query.get("match", ""),
        since=moment_of(query, "since"),
        before=moment_of(query, "before"),
        by=query.get("by"),
        tag=query.get("tag"),
        order=JobOrder(JobColumn(query["sort"]), is_descending=query["order"] == "descending"),
        offset=query["offset"],
        limit=query["limit"],
    )
    rows = tuple(_job_line(workspace, record) for record in page.rows)
    return Page(rows, page.offset, page.total)


def _job_line(workspace: Workspace, record: JobRecord) -> JobLine:
    if record.status.is_done:
        return JobLine(record, None)
    look = workspace.job_look(record.id)
    if look.record.status.is_done:
        return JobLine(look.record, None)
    progress = JobProgress(
        state=look.state,
        phase=look.phase,
        step=look.step,
        bytes=look.bytes,
        total_bytes=look.total_bytes,
        rate=look.rate,
        seconds_left=look.seconds_left,
        total=look.total,
        usage=look.usage,
        cluster=look.cluster,
        chunks=look.chunks,
    )
    return JobLine(look.record, progress)


def show_job(request: Request) -> JobDetail:
    workspace = request.context.workspace
    job = workspace.job(request.path["job"])
    line = _job_line(workspace, job.record)
    output_dir = job.folder.work / "outputDir"
    output = line.record.output
    if output and not is_address(output):
        is_own = Path(output).is_relative_to(job.folder.root)
        output = None if is_own else request.context.root.to_api_path(output) or output
    return JobDetail(
        record=line.record,
        progress=line.progress,
        output=output,
        artefacts=tuple(path.relative_to(output_dir).as_posix() for path in job.artefacts()),
        differences=workspace.job_differences(job),
        hint=job.hint,
        remedies=workspace.job_remedies(job),
        is_awaited=job.is_awaited,
        is_pinned=job.is_pinned,
        size=job.size,
    )


def remove_jobs(request: Request) -> Clearing:
    return request.context.workspace.job_remove(*request.body["jobs"])


def remove_job(request: Request) -> Clearing:
    return request.context.workspace.job_remove(request.path["job"])


def cancel_job(request: Request) -> JobRecord:
    return request.context.workspace.job(request.path["job"]).cancel().record


def retry_job(request: Request) -> JobRecord:
    workspace, body = request.context.workspace, request.body
    return workspace.job_retry(request.path["job"], **body).record


def rerun_job(request: Request) -> JobRecord:
    return request.context.workspace.job_rerun(request.path["job"], **request.body).record


JOBS = Resource(
    path="/jobs",
    get=paginated(
        list_jobs,
        "List jobs, newest first unless sorted otherwise, with the progress of those that run.",
        JobLine,
        query={
            "model": MODEL_NAME,
            "kind": {"enum": [kind.value for kind in JobKind]},
            "state": {"enum": list(_STATUSES)},
            "result": {
                "enum": [kind.value for kind in StateKind],
                "description": "What became of the job, verdicts and failed records included.",
            },
            "match": {
                **SHORT_TEXT,
                "description": "A part of the model's name, the first input's name or the output,"
                " or the beginning of the id; case does not count.",
            },
            "since": {**MOMENT, "description": "The earliest time of submission."},
            "before": {**MOMENT, "description": "The time before which it was submitted."},
            "by": {**SHORT_TEXT, "description": "The user who submitted the job."},
            "tag": {**SHORT_TEXT, "description": "A tag that the job's model has now."},
            "sort": {
                "enum": [column.value for column in JobColumn],
                "default": JobColumn.CREATED.value,
            },
            "order": {"enum": ["ascending", "descending"], "default": "descending"},
        },
        depends_on=("registry", "jobs"),
    ),
    post=Operation(
        submit_job,
        "Submit a job; it continues when the server ends.",
        JobRecord,
        body=job_body(takes_records=True),
        status=201,
        is_slow=True,
    ),
)

REMOVALS = Resource(
    path="/jobs/removals",
    post=Operation(
        remove_jobs,
        "Delete several jobs with their folders, all of them or none.",
        Clearing,
        body={
            **object_schema(
                ("jobs",),
                jobs={**array_schema(JOB_ID, limit=_MOST_REMOVED), "minItems": 1},
            ),
            "examples": [{"jobs": ["3f2a1c00", "77b0e2d4"]}],
        },
        is_slow=True,
    ),
)

JOB = Resource(
    path="/jobs/{job}",
    parameters={"job": JOB_ID},
    get=Operation(show_job, "Show one job.", JobDetail),
    delete=Operation(
        remove_job,
        "Delete a job with its folder; an output outside of it is kept.",
        Clearing,
        is_slow=True,
    ),
)

CANCEL = Resource(
    path="/jobs/{job}/cancel",
    parameters={"job": JOB_ID},
    post=Operation(
        cancel_job,
        "Stop a job and everything it started; its results until then are kept.",
        JobRecord,
        is_slow=True,
    ),
)

RETRY = Resource(
    path="/jobs/{job}/retry",
    parameters={"job": JOB_ID},
    post=Operation(
        retry_job,
        "Resume a job that ended early, or score only its bad records again.",
        JobRecord,
        body={
            **object_schema(failed=BOOLEAN, engine=ENGINE, **NEW_LIMITS),
            "examples": [{"failed": False}],
        },
        status=201,
        is_slow=True,
    ),
)

RERUN = Resource(
    path="/jobs/{job}/rerun",
    parameters={"job": JOB_ID},
    post=Operation(
        rerun_job,
        "Run a job again with the same inputs and options, or with the model as it is now.",
        JobRecord,
        body={**object_schema(current=BOOLEAN, **NEW_LIMITS), "examples": [{"current": True}]},
        status=201,
        is_slow=True,
    ),
)
