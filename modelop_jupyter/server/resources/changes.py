"""``/changes``: whether anything is new, for whoever cannot listen to events."""

from __future__ import annotations

from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.watch import Changes


def show_changes(ask: Ask) -> Changes:
    return ask.desk.watch.changes()


RESOURCE = Resource(
    path="/changes",
    get=Operation(show_changes, "Count the changes seen so far, by topic.", Changes),
)
