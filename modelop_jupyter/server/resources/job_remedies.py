"""``/jobs/JOB/remedies``: do what mends the failure of a job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.submit import SubmittedJob
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.remedies import Command
from modelop_jupyter.server.errors import OutsideRootError
from modelop_jupyter.server.resources.fields import JOB_ID
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

_PROGRAM = "modelop"
# The others are done by the page: it shows the dialog of a registration, and makes cells.
_VERBS_HERE = frozenset({"asset", "job", "requirements"})
_WORD = {"type": "string", "maxLength": 4096}


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
    if wanted not in offered or any(command[0] not in _VERBS_HERE for command in wanted):
        raise ConflictError(
            f"what was chosen does not help job {job.record.short_id} any more",
            "Choose one of the buttons that its view shows now",
        )
    for command in wanted:
        _require_below_root(command, request)
    context = Context(ShellSession(), workspace=workspace)
    value: Any = None
    for command in wanted:
        verb, args = parse(list(command), program=_PROGRAM)
        value = verb.run(context, args)
    return AppliedRemedy(value.job.record if isinstance(value, SubmittedJob) else None)


def _require_below_root(command: Command, request: Request) -> None:
    """Refuse a file that the file browser does not show."""
    if command[:2] == ("asset", "add"):
        _, _, _, file, _, folder = command
        if request.context.root.to_api_path(Path(folder, file)) is None:
            raise OutsideRootError(file)


REMEDIES = Resource(
    path="/jobs/{job}/remedies",
    parameters={"job": JOB_ID},
    post=Operation(
        apply_remedy,
        "Run the commands of a remedy that is offered for a job.",
        AppliedRemedy,
        body={
            **object_schema(
                ("commands",),
                commands={
                    **array_schema({**array_schema(_WORD, limit=20), "minItems": 1}, limit=10),
                    "minItems": 1,
                    "description": "The commands of one of the job's remedies.",
                },
            ),
            "examples": [{"commands": [["job", "retry", "3f2a1c00", "--timeout", "60"]]}],
        },
        status=201,
        is_slow=True,
    ),
)
