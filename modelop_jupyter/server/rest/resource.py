"""Declare a resource: its path, its methods, and the JSON Schema of their parameters and bodies.

Requests are validated against these declarations and the OpenAPI document is generated from them,
so that the two cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.lists import Page
from modelop_jupyter.server.rest.json_schema import Schema, array_schema, object_schema

if TYPE_CHECKING:
    from modelop_jupyter.server.changes.home_state import Dependency
    from modelop_jupyter.server.context import ServerContext

METHODS = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"\{(\w+)\}")
_OFFSET: Schema = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1, "default": 0}
_LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}


@dataclass(frozen=True, slots=True)
class Request:
    """A validated request. ``query`` holds defaults for the parameters that were not given."""

    context: ServerContext
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any


@dataclass(frozen=True, slots=True)
class FileResponse:
    """A file to send as a download; ``folder`` holds it, and is removed when it is sent."""

    path: Path
    name: str
    media_type: str = "application/octet-stream"
    folder: TemporaryDirectory[str] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """One method of a resource.

    ``endpoint`` runs in a thread and returns what ``to_wire`` can write, or a
    :class:`FileResponse`. Its name is the ``operationId``.
    ``response`` is the JSON Schema of what it returns; a Python type anywhere in it stands for the
    schema of that type. None: a file is sent.
    ``upload`` is the media type of a body that is a file: the endpoint gets its bytes as they came.
    ``is_slow`` sends it to the threads for work of seconds, away from quick requests.
    ``depends_on`` names everything that the response is computed from: it is cached until one of
    these changes. Without it every request computes a new response.
    """

    endpoint: Callable[[Request], Any]
    summary: str
    response: Any
    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    upload: str | None = None
    status: int = 200
    is_slow: bool = False
    depends_on: tuple[Dependency, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Resource:
    """A path below the extension's URL and its methods.

    ``parameters`` are the schemas of the names in braces. A parameter called ``path`` may hold
    slashes, any other may not.
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
        """The declared methods, in the order of ``METHODS``."""
        operations = {method: getattr(self, method) for method in METHODS}
        return {method: operation for method, operation in operations.items() if operation}

    @property
    def methods(self) -> list[str]:
        """The methods that are served: the declared ones, and HEAD wherever GET is."""
        methods = list(self.operations)
        return ["get", "head", *methods[1:]] if self.get else methods

    @property
    def pattern(self) -> str:
        """The path as the regular expression that Tornado matches."""
        return _PARAMETER.sub(
            lambda match: f"(?P<{match[1]}>.+)" if match[1] == "path" else f"(?P<{match[1]}>[^/]+)",
            self.path,
        )


def paginated(
    endpoint: Callable[[Request], Page],
    summary: str,
    row: Any,
    *,
    query: Mapping[str, Schema] | None = None,
    is_slow: bool = False,
    depends_on: tuple[Dependency, ...] = (),
) -> Operation:
    """Declare a GET that returns a page of rows, selected with ``offset`` and ``limit``.

    ``row`` is the type or schema of one row, ``query`` the further parameters.
    """
    return Operation(
        endpoint,
        summary,
        object_schema(
            ("rows", "offset", "total"),
            rows=array_schema(row),
            offset=_OFFSET,
            total={"type": "integer", "minimum": 0},
        ),
        query={"offset": _OFFSET, "limit": _LIMIT, **(query or {})},
        is_slow=is_slow,
        depends_on=depends_on,
    )
