"""The body of a registration, and what it means: cells of a notebook, a file or a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from modelop_jupyter.capture import Cell, capture
from modelop_jupyter.commands.context import cells_of, marked_for
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.server.declarations import Ask
from modelop_jupyter.server.paths import Root
from modelop_jupyter.server.words import (
    FUNCTION,
    MODEL,
    PATH,
    ROLE,
    TEXT,
    WORD,
    listing,
    or_none,
    record,
)

if TYPE_CHECKING:
    from modelop_jupyter.capture import Captured

_CELL = record(
    ("number", "source"),
    number={"type": "integer", "minimum": 1, "maximum": 1_000_000_000},
    source={"type": "string", "maxLength": 10_000_000},
    id=or_none({"type": "string", "maxLength": 128}),
)
_CURRENT = record(
    ("id", "source"), id=_CELL["properties"]["id"], source=_CELL["properties"]["source"]
)
NEW_ASSET = record(("path",), path=PATH, role=or_none(ROLE))
_FUNCTIONS: dict[str, Any] = {kind: or_none(FUNCTION) for kind in ENTRY_POINT_KINDS}
REGISTRATION = {
    **record(
        ("name",),
        name=MODEL,
        notebook={**PATH, "description": "The notebook whose tagged functions are the model."},
        cells={
            **listing(_CELL, limit=10_000),
            "description": "What the notebook's kernel has run, in this order and as it ran.",
        },
        current={
            **listing(_CURRENT, limit=10_000),
            "description": "The cells of the open notebook: those changed since they ran are named.",
        },
        path={
            **PATH,
            "description": "Instead of a notebook: a source file, a notebook or a folder.",
        },
        source={**WORD, "description": "The primary source in a folder."},
        assets=listing(NEW_ASSET, limit=1000),
        python={**WORD, "examples": ["3.11"]},
        description=TEXT,
        tags=listing(WORD, limit=100),
        functions=record(**_FUNCTIONS),
    ),
    "oneOf": [{"required": ["notebook"]}, {"required": ["path"]}],
    "dependentRequired": {"cells": ["notebook"], "current": ["cells"]},
    "examples": [{"name": "churn", "notebook": "churn.ipynb"}],
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the workspace's ``register`` and ``preview`` take; ``place`` is ``folder`` in the file browser."""

    name: str
    path: Path | None
    captured: Captured | None
    assets: Sequence[str | Path | tuple[str | Path, str | None]]
    python: str | None
    source: str | None
    description: str | None
    tags: Sequence[str] | None
    chosen: EntryPoints
    folder: Path | None
    place: PurePosixPath


def wish_of(ask: Ask) -> Wish:
    """Return what a body means; its paths are those of the file browser."""
    body, root = ask.body, ask.desk.root
    is_notebook = "notebook" in body
    chosen = EntryPoints(**body.get("functions", {}))
    where = body["notebook" if is_notebook else "path"]
    file = root.resolve(where) if "cells" in body else root.existing(where)
    folder = where if file.is_dir() else str(PurePosixPath(where).parent)
    return Wish(
        name=body["name"],
        path=None if is_notebook else file,
        captured=_captured(body, file, chosen, root) if is_notebook else None,
        assets=assets_of(body.get("assets", ()), root, folder=folder),
        python=body.get("python"),
        source=body.get("source"),
        description=body.get("description"),
        tags=body.get("tags"),
        chosen=chosen,
        folder=root.resolve(folder),
        place=PurePosixPath(folder),
    )


def assets_of(
    given: Sequence[Mapping[str, Any]], root: Root, *, folder: str | None
) -> list[tuple[str | Path, str | None]]:
    """Return files as the workspace takes them: one below the folder keeps its path there."""
    found: list[tuple[str | Path, str | None]] = []
    for each in given:
        root.existing(each["path"])
        pure = PurePosixPath(each["path"])
        # The name as the user sees it, also where it is a link: it is followed when it is read.
        kept: str | Path = root.folder / pure
        if folder is not None and pure.is_relative_to(folder):
            kept = pure.relative_to(folder).as_posix()
        found.append((kept, each.get("role")))
    return found


def _captured(body: Mapping[str, Any], notebook: Path, chosen: EntryPoints, root: Root) -> Captured:
    ran = [Cell(each["number"], each["source"], each.get("id")) for each in body.get("cells", ())]
    cells, saved = _cells(body, notebook, ran, root)
    found = marked_for(body["name"], cells, saved=saved)
    return capture(
        found.cells,
        chosen=chosen,
        whole=found.whole,
        current=found.current,
        now=found.now,
        notebook=notebook,
    )


def _cells(
    body: Mapping[str, Any], notebook: Path, ran: Sequence[Cell], root: Root
) -> tuple[Sequence[Cell], Sequence[Cell] | None]:
    """Return the cells that count, and the notebook's as they are now where that is known.

    One that was never saved has cells all the same, if its kernel runs; one without a kernel those
    of its file.
    """
    if "current" in body:
        there = [Cell(1, each["source"], each["id"]) for each in body["current"]]
        known = {cell.id for cell in there}
        gone = [Cell(1, "", cell.id) for cell in ran if cell.id and cell.id not in known]
        return ran, [*there, *gone]
    if "cells" not in body:
        return cells_of(notebook, below=root.folder), None
    try:
        return ran, cells_of(notebook, below=root.folder)
    except InvalidError:
        return ran, None
