"""What a resource declares: its path, its methods, and the JSON Schema of all that they take and give.

Requests are checked against these declarations and the OpenAPI document is made of them, so that
the two cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelop_jupyter.server.desk import Desk
    from modelop_jupyter.server.sources import Source

# JSON Schema of 2020-12, as OpenAPI 3.1 uses it. Answers may hold a type of ours where a schema is
# expected: it stands for what ``to_wire`` makes of it.
Schema = Mapping[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
# What a client that is told which methods there are may take besides.
_WITH_GET = ("get", "head")
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, all of it checked; it is answered in a thread."""

    desk: Desk
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """An answer that is sent from a file as it is, to be looked at or downloaded."""

    path: Path
    name: str
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """One method of a resource.

    ``is_slow`` says that it may take seconds, and so must not stand in the way of the others.
    ``answer`` None means that a file is sent. ``made_of`` names all that the answer depends on: it
    is kept until that changes. By default it is made anew for every request.
    """

    run: Callable[[Ask], Any]
    summary: str
    answer: Any
    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    status: int = 200
    is_slow: bool = False
    made_of: tuple[Source, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Resource:
    """A path below the extension's own and what can be done there.

    A parameter called ``path`` may hold slashes, any other may not.
    """

    path: str
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    get: Operation | None = None
    post: Operation | None = None
    put: Operation | None = None
    patch: Operation | None = None
    delete: Operation | None = None

    @property
    def operations(self) -> dict[str, Operation]:
        """The methods that there are, in a fixed order."""
        found = {method: getattr(self, method) for method in METHODS}
        return {method: operation for method, operation in found.items() if operation}

    @property
    def methods(self) -> list[str]:
        """The methods that are answered: HEAD wherever GET is."""
        first = list(_WITH_GET) if self.get else []
        return [*first, *(each for each in self.operations if each not in first)]

    @property
    def pattern(self) -> str:
        """The path as the regular expression that Tornado matches."""
        return _PARAMETER.sub(
            lambda match: f"(?P<{match[1]}>.+)" if match[1] == "path" else f"(?P<{match[1]}>[^/]+)",
            self.path,
        )
