"""Run what mends a failure or a finding, as a request chose it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.remedies import Command
from modelop_jupyter.server.errors import OutsideRootError
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Request

_PROGRAM = "modelop"
# The others are done by the page: it shows the dialog of a registration, and makes cells.
VERBS_HERE = frozenset({"asset", "job", "requirements"})
_WORD = {"type": "string", "maxLength": 4096}

REMEDY_BODY = object_schema(
    ("commands",),
    commands={
        **array_schema({**array_schema(_WORD, limit=20), "minItems": 1}, limit=10),
        "minItems": 1,
        "description": "The commands of one of the remedies that are offered.",
    },
)


def run_remedy(commands: tuple[Command, ...], request: Request) -> Any:
    """Run the commands of a remedy that is offered, and return what the last one returned."""
    for command in commands:
        if command[0] not in VERBS_HERE:
            raise ConflictError(
                f"{command[0]!r} is not run by the server", "Run the line in a notebook or terminal"
            )
        _require_below_root(command, request)
    context = Context(ShellSession(), workspace=request.context.workspace)
    value: Any = None
    for command in commands:
        verb, args = parse(list(command), program=_PROGRAM)
        value = verb.run(context, args)
    return value


def _require_below_root(command: Command, request: Request) -> None:
    """Refuse a file that the file browser does not show."""
    if command[:2] == ("asset", "add"):
        _, _, _, file, *rest = command
        folder = rest[-1] if rest else ""
        if request.context.root.to_api_path(Path(folder, file)) is None:
            raise OutsideRootError(file)
