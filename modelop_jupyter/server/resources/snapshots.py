"""``/models/NAME/snapshots``: the immutable states of a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.pages import Page
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.paging import paged
from modelop_jupyter.server.words import MODEL, WORD, record


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """A snapshot as a list shows it; ``is_locked`` when its requirements were resolved."""

    ref: str
    number: int
    name: str
    created: datetime
    assets: int
    is_locked: bool


def line_of(snapshot: Snapshot) -> SnapshotLine:
    """Return what a list shows of a snapshot."""
    return SnapshotLine(
        ref=snapshot.ref,
        number=snapshot.number,
        name=snapshot.name,
        created=snapshot.created,
        assets=len(snapshot.state.assets),
        is_locked=snapshot.lock is not None,
    )


def list_snapshots(ask: Ask) -> Page:
    found = ask.desk.workspace.snapshots(ask.path["name"])
    offset, limit = ask.query["offset"], ask.query["limit"]
    rows = tuple(line_of(each) for each in found[offset : offset + limit])
    return Page(rows, offset, len(found))


def take_snapshot(ask: Ask) -> SnapshotLine:
    return line_of(
        ask.desk.workspace.snapshot(ask.path["name"], label=ask.body.get("label") or None)
    )


RESOURCE = Resource(
    path="/models/{name}/snapshots",
    parameters={"name": MODEL},
    get=paged(list_snapshots, "List a model's snapshots, newest first.", SnapshotLine),
    post=Operation(
        take_snapshot,
        "Take a snapshot; equal content is the snapshot that there is.",
        SnapshotLine,
        body={**record(label={**WORD, "minLength": 0}), "examples": [{}]},
        status=201,
    ),
)
