"""``/environments``: all that are on disk, with their sizes and the models that use them."""

from __future__ import annotations

from modelop_jupyter.domain.reports import EnvironmentRow
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import listing


def list_environments(ask: Ask) -> list[EnvironmentRow]:
    return ask.desk.workspace.env_list()


RESOURCE = Resource(
    path="/environments",
    get=Operation(
        list_environments,
        "List the environments with sizes, last use and models.",
        listing(EnvironmentRow),
        is_slow=True,
    ),
)
