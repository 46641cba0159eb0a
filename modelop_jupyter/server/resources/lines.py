"""``/lines``: the magic that does what a form would, to be inserted as a cell."""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.words import quote, split
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.submitting import options_of, wish_of
from modelop_jupyter.server.words import PATH

_PROGRAM = "%modelop"
_OPTIONS = {
    "output": "-o",
    "schemas": "--schemas",
    "limit": "--limit",
    "timeout": "--timeout",
    "record_timeout": "--record-timeout",
    "memory": "--memory",
    "workers": "--workers",
    "reference": "--reference",
    "format": "--format",
}
_FOLDER = {**PATH, "description": "The folder of the notebook that the line is for."}


@dataclass(frozen=True, slots=True)
class MagicLine:
    """A line of a cell."""

    line: str


def write_line(ask: Ask) -> MagicLine:
    body = dict(ask.body)
    folder = body.pop("folder", ".")
    options = options_of(body)
    words = [body["kind"], body["model"], *_inputs(body["inputs"], folder)]
    if "output" in options:
        # A bare identifier would name a variable of the notebook.
        path = _relative(options["output"], folder)
        options["output"] = f"./{path}" if path.isidentifier() else path
    words += _words(options)
    line = f"{_PROGRAM} {' '.join(quote(word) for word in words)}"
    # What is shown must be what the magic takes, or be refused here.
    parse(split(line)[1:], program=_PROGRAM)
    return MagicLine(line)


def _inputs(given: list[dict[str, str]], folder: str) -> list[str]:
    return [each["asset"] if "asset" in each else _relative(each["path"], folder) for each in given]


def _relative(path: str, folder: str) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _words(options: dict[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if name == "parameters":
            for key, each in value.items():
                yield from ("--param", f"{key}={_value(each)}")
        elif name == "max_errors":
            percent = value.get("percent")
            said = f"{value['count']}" if percent is None else f"{percent:g}%"
            yield from ("--max-errors", said)
        else:
            yield from (_OPTIONS[name], f"{value:g}" if isinstance(value, float) else str(value))


def _value(value: Any) -> str:
    """Return a parameter as it is typed: text as it stands, unless that would be read as JSON."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


RESOURCE = Resource(
    path="/lines",
    post=Operation(
        write_line,
        "Write the magic that does the same as a new job.",
        MagicLine,
        body=wish_of(folder=_FOLDER),
    ),
)
