"""``/jobs/gc``, ``/jobs/usage``, ``/jobs/JOB/pin``: what jobs take on disk, and which of them are kept."""

from __future__ import annotations

from modelop_jupyter.domain.disk import Clearing, JobsUsage, PinnedJob
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import FLAG, JOB, record

_MOST = 2**53 - 1


def remove_job(ask: Ask) -> Clearing:
    return ask.desk.workspace.job_remove(ask.path["job"])


def clear_jobs(ask: Ask) -> Clearing:
    return ask.desk.workspace.job_gc(
        older=ask.body.get("older"),
        quota=ask.body.get("quota"),
        dry_run=ask.body.get("dry_run", False),
    )


def measure_jobs(ask: Ask) -> JobsUsage:
    return ask.desk.workspace.jobs_usage()


def pin_job(ask: Ask) -> PinnedJob:
    return ask.desk.workspace.job_pin(ask.path["job"])


def unpin_job(ask: Ask) -> PinnedJob:
    return ask.desk.workspace.job_unpin(ask.path["job"])


CLEARING = Resource(
    path="/jobs/gc",
    post=Operation(
        clear_jobs,
        "Remove jobs that ended longer ago than so many seconds, and the oldest beyond a quota of"
        " bytes, or say which; those of the settings where neither is given.",
        Clearing,
        body={
            **record(
                older={"type": "number", "minimum": 0, "maximum": _MOST},
                quota={"type": "integer", "minimum": 0, "maximum": _MOST},
                dry_run=FLAG,
            ),
            "examples": [{"dry_run": True}],
        },
        is_slow=True,
    ),
)

USAGE = Resource(
    path="/jobs/usage",
    get=Operation(
        measure_jobs,
        "Tell what all jobs take on disk, and what they may.",
        JobsUsage,
        is_slow=True,
    ),
)

PIN = Resource(
    path="/jobs/{job}/pin",
    parameters={"job": JOB},
    put=Operation(pin_job, "Keep a job from being removed.", PinnedJob),
    delete=Operation(unpin_job, "Let a job be removed again.", PinnedJob),
)
