"""``/connections``: the databases that queries in .sql files can be asked of."""

from __future__ import annotations

from modelop_jupyter.server.rest.json_schema import array_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource
from modelop_jupyter.settings import connection_names


def list_connections(request: Request) -> list[str]:  # noqa: ARG001 - an endpoint's signature
    return connection_names()


CONNECTIONS = Resource(
    path="/connections",
    get=Operation(
        list_connections,
        "List the names of the databases that MODELOP_CONNECTION_<NAME> gives the server.",
        array_schema({"type": "string"}),
    ),
)
