"""``/models/NAME/aliases``: the words that stand for a model's snapshots."""

from __future__ import annotations

from modelop_jupyter.domain.aliases import WORD_PATTERN, Alias, AliasMove
from modelop_jupyter.domain.reports import Removed
from modelop_jupyter.server.resources.fields import MODEL_NAME
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

_ALIAS = {
    "type": "string",
    "pattern": f"^{WORD_PATTERN}$",
    "description": "A word that stands for a snapshot.",
    "examples": ["champion"],
}
_SNAPSHOT = {
    "type": "integer",
    "minimum": 1,
    "description": "The number of the snapshot; the newest without it.",
}


def list_aliases(request: Request) -> list[Alias]:
    return request.context.workspace.aliases(request.path["name"])


def move_alias(request: Request) -> Alias:
    return request.context.workspace.alias(
        request.path["name"], request.path["alias"], request.body.get("snapshot")
    )


def remove_alias(request: Request) -> Removed:
    name, alias = request.path["name"], request.path["alias"]
    request.context.workspace.alias_remove(name, alias)
    return Removed("alias", f"{name}@{alias}")


def list_moves(request: Request) -> list[AliasMove]:
    return request.context.workspace.alias_history(request.path["name"], request.path["alias"])


ALIASES = Resource(
    path="/models/{name}/aliases",
    parameters={"name": MODEL_NAME},
    get=Operation(list_aliases, "List the aliases of a model.", array_schema(Alias)),
)

ALIAS = Resource(
    path="/models/{name}/aliases/{alias}",
    parameters={"name": MODEL_NAME, "alias": _ALIAS},
    put=Operation(
        move_alias,
        "Let an alias stand for a snapshot from now on.",
        Alias,
        body={**object_schema(snapshot=_SNAPSHOT), "examples": [{"snapshot": 4}]},
    ),
    delete=Operation(remove_alias, "Take an alias away; its history stays.", Removed),
)

ALIAS_MOVES = Resource(
    path="/models/{name}/aliases/{alias}/moves",
    parameters={"name": MODEL_NAME, "alias": _ALIAS},
    get=Operation(
        list_moves, "List the moves of an alias, the newest first.", array_schema(AliasMove)
    ),
)
