"""From the bytes of a request to those of its answer: done in a thread, knowing nothing of Tornado."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.errors import HomeError, ModelOpError
from modelop_jupyter.server.checking import checked_body, checked_path, checked_query
from modelop_jupyter.server.declarations import Ask, FileAnswer, Operation, Resource
from modelop_jupyter.server.desk import Desk
from modelop_jupyter.server.problems import TooDeepError, TooLargeError, status_of

LARGEST_BODY = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Given:
    """A request as it came."""

    path: Mapping[str, str]
    query: Mapping[str, Sequence[bytes]]
    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back: a document, or a file."""

    status: int
    data: bytes = b""
    file: FileAnswer | None = None


def reply_to(resource: Resource, operation: Operation, given: Given, desk: Desk) -> Reply:
    """Check a request, do what it asks for and write the answer; errors of ours are answers, too."""
    try:
        if len(given.body) > LARGEST_BODY:
            raise TooLargeError(
                f"the body is longer than {LARGEST_BODY >> 20} MB",
                "Register the saved notebook or the file by its path",
            )
        ask = Ask(
            desk,
            checked_path(resource, operation, given.path),
            checked_query(resource, operation, given.query),
            checked_body(resource, operation, given.body, given.media_type),
        )
        if operation.made_of:
            # The operation itself stands in the key: a resource is a path and its methods.
            asked = (operation, *sorted(ask.path.items()), *sorted(ask.query.items()))
            data = desk.answers.get(asked, operation.made_of, lambda: document(operation.run(ask)))
            return Reply(operation.status, data)
        value = operation.run(ask)
        if isinstance(value, FileAnswer):
            return Reply(operation.status, file=value)
        return Reply(operation.status, document(value))
    except ModelOpError as error:
        return problem(error)
    except RecursionError:
        # Not the body, which is flat enough: a source, a notebook, a result that a model gave.
        return problem(
            TooDeepError("what was asked for is nested too deeply to be read", "Make it flatter")
        )
    except OSError as error:
        # A full disk, a folder that was taken away: nothing that the request could have avoided.
        reason = (error.strerror or str(error)).lower()
        return problem(HomeError(error.filename or str(desk.root.folder), reason))


def problem(error: ModelOpError) -> Reply:
    """Return an error as an answer."""
    return Reply(status_of(error), document(error.to_wire()))


def document(value: Any) -> bytes:
    """Return a value as JSON; what JSON has no number for is null, since no browser reads NaN."""
    wire = to_wire(value)
    try:
        text = json.dumps(wire, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(wire), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value
