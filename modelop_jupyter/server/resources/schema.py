"""``/openapi.json``: the document that describes all the others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.openapi import document


def of(served: Sequence[Resource], base_path: str) -> Resource:
    """Return the resource that serves the document of these and of itself."""

    @cache
    def made() -> dict[str, Any]:
        return document([*served, resource], base_path=base_path)

    def show_openapi(ask: Ask) -> dict[str, Any]:  # noqa: ARG001 - an operation's signature
        return made()

    resource = Resource(
        path="/openapi.json",
        get=Operation(show_openapi, "Describe this API as OpenAPI 3.1.", {"type": "object"}),
    )
    return resource
