"""``/jobs/gc``, ``/jobs/usage`` and ``/jobs/JOB/pin``: the disk space of jobs, and which are kept."""

from __future__ import annotations

from modelop_jupyter.domain.disk import Clearing, JobsUsage, PinnedJob
from modelop_jupyter.domain.job_states import StateKind
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.server.resources.fields import BOOLEAN, JOB_ID, MODEL_NAME, SHORT_TEXT
from modelop_jupyter.server.resources.moments import MOMENT, moment_of
from modelop_jupyter.server.rest.json_schema import object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

_MAX_SAFE_INTEGER = 2**53 - 1


def clear_jobs(request: Request) -> Clearing:
    body = request.body
    chosen = body.get("filter", {})
    return request.context.workspace.job_gc(
        older=body.get("older"),
        quota=body.get("quota"),
        model=chosen.get("model"),
        tag=chosen.get("tag"),
        kinds=[JobKind(chosen["kind"])] if "kind" in chosen else (),
        states=[StateKind(chosen["result"])] if "result" in chosen else (),
        match=chosen.get("match", ""),
        since=moment_of(chosen, "since"),
        before=moment_of(chosen, "before"),
        dry_run=body.get("dry_run", False),
    )


def measure_jobs(request: Request) -> JobsUsage:
    return request.context.workspace.jobs_usage()


def pin_job(request: Request) -> PinnedJob:
    return request.context.workspace.job_pin(request.path["job"])


def unpin_job(request: Request) -> PinnedJob:
    return request.context.workspace.job_unpin(request.path["job"])


_FILTER = object_schema(
    model=MODEL_NAME,
    tag=SHORT_TEXT,
    kind={"enum": [kind.value for kind in JobKind]},
    result={"enum": [kind.value for kind in StateKind if kind is not StateKind.RUNNING]},
    match=SHORT_TEXT,
    since=MOMENT,
    before=MOMENT,
)

JOBS_GC = Resource(
    path="/jobs/gc",
    post=Operation(
        clear_jobs,
        "Remove jobs that ended longer ago than so many seconds, and the oldest beyond a quota of"
        " bytes, or say which; those of the settings where neither is given. With a filter, only jobs"
        " that have all of it, of any age where neither is given.",
        Clearing,
        body={
            **object_schema(
                older={"type": "number", "minimum": 0, "maximum": _MAX_SAFE_INTEGER},
                quota={"type": "integer", "minimum": 0, "maximum": _MAX_SAFE_INTEGER},
                filter=_FILTER,
                dry_run=BOOLEAN,
            ),
            "examples": [{"dry_run": True}],
        },
        is_slow=True,
    ),
)

JOBS_USAGE = Resource(
    path="/jobs/usage",
    get=Operation(
        measure_jobs,
        "Show the disk usage of all jobs, and its quota.",
        JobsUsage,
        is_slow=True,
    ),
)

JOB_PIN = Resource(
    path="/jobs/{job}/pin",
    parameters={"job": JOB_ID},
    put=Operation(pin_job, "Protect a job from removal.", PinnedJob),
    delete=Operation(unpin_job, "Allow a job to be removed again.", PinnedJob),
)
