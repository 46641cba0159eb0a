"""``/environments``: all that are on disk, with their sizes and the models that use them."""

from __future__ import annotations

from modelop_jupyter.domain.disk import QUOTA, Clearing
from modelop_jupyter.domain.reports import EnvironmentRow
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import FLAG, listing, record


def list_environments(ask: Ask) -> list[EnvironmentRow]:
    return ask.desk.workspace.env_list()


def clear_environments(ask: Ask) -> Clearing:
    return ask.desk.workspace.env_gc(
        quota=ask.body.get("quota", QUOTA), dry_run=ask.body.get("dry_run", False)
    )


RESOURCE = Resource(
    path="/environments",
    get=Operation(
        list_environments,
        "List the environments with sizes, last use and models.",
        listing(EnvironmentRow),
        is_slow=True,
        made_of=("registry", "environments"),
    ),
)

CLEARING = Resource(
    path="/environments/gc",
    post=Operation(
        clear_environments,
        "Remove the least recently used environments beyond a quota of bytes, or say which.",
        Clearing,
        body={
            **record(quota={"type": "integer", "minimum": 0, "maximum": 2**53 - 1}, dry_run=FLAG),
            "examples": [{"dry_run": True}],
        },
        is_slow=True,
    ),
)
