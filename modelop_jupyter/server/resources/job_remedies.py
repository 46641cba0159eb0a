"""``/jobs/JOB/remedies``: do what mends the failure of a job."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.commands.submit import SubmittedJob
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.server.remedies import REMEDY_BODY, run_remedy
from modelop_jupyter.server.resources.fields import JOB_ID
from modelop_jupyter.server.rest.resource import Operation, Request, Resource


@dataclass(frozen=True, slots=True)
class AppliedRemedy:
    """What a remedy has made: the job that was started, None if there is none."""

    job: JobRecord | None


def apply_remedy(request: Request) -> AppliedRemedy:
    """Run the commands of a remedy; only one that is offered for the job now."""
    workspace = request.context.workspace
    job = workspace.job(request.path["job"])
    wanted = tuple(map(tuple, request.body["commands"]))
    offered = {remedy.commands for remedy in workspace.job_remedies(job)}
    if wanted not in offered:
        raise ConflictError(
            f"what was chosen does not help job {job.record.short_id} any more",
            "Choose one of the buttons that its view shows now",
        )
    value = run_remedy(wanted, request)
    return AppliedRemedy(value.job.record if isinstance(value, SubmittedJob) else None)


REMEDIES = Resource(
    path="/jobs/{job}/remedies",
    parameters={"job": JOB_ID},
    post=Operation(
        apply_remedy,
        "Run the commands of a remedy that is offered for a job.",
        AppliedRemedy,
        body={
            **REMEDY_BODY,
            "examples": [{"commands": [["job", "retry", "3f2a1c00", "--timeout", "60"]]}],
        },
        status=201,
        is_slow=True,
    ),
)
