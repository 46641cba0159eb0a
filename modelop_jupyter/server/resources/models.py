"""``/models``: the models of the registry, page by page, and new ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.pages import Page
from modelop_jupyter.domain.reports import Registration
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.registering import REGISTRATION, wish_of
from modelop_jupyter.server.words import FLAG, PAGE, WORD, page
from modelop_jupyter.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model as a list shows it; ``environment`` is None where it was not asked for."""

    name: str
    description: str
    snapshot: int | None
    assets: int
    entry_points: EntryPoints
    modified: datetime
    last_job: JobRecord | None
    environment: str | None


def list_models(ask: Ask) -> Page:
    workspace = ask.desk.workspace
    found = workspace.model_page(
        match=ask.query.get("match", ""),
        offset=ask.query["offset"],
        limit=ask.query["limit"],
    )
    rows = (
        ModelLine(
            name=row.name,
            description=row.description,
            snapshot=row.snapshot,
            assets=row.assets,
            entry_points=row.entry_points,
            modified=row.modified,
            last_job=row.last_job,
            environment=_state(workspace, row.name) if ask.query["environments"] else None,
        )
        for row in found.rows
    )
    return Page(tuple(rows), found.offset, found.total)


def _state(workspace: Workspace, name: str) -> str | None:
    try:
        return workspace.env_show(name).state
    except ModelOpError:
        # Removed since the page was read, or not to be read now: the list is still a list.
        return None


def register_model(ask: Ask) -> Registration:
    wish = wish_of(ask)
    return ask.desk.workspace.register(
        wish.name,
        wish.path,
        captured=wish.captured,
        assets=wish.assets,
        python=wish.python,
        source=wish.source,
        description=wish.description,
        tags=wish.tags,
        chosen=wish.chosen,
        folder=wish.folder,
    )


RESOURCE = Resource(
    path="/models",
    get=Operation(
        list_models,
        "List models by name, each with its newest snapshot, environment and last job.",
        page(ModelLine),
        query={**PAGE, "match": WORD, "environments": {**FLAG, "default": True}},
    ),
    post=Operation(
        register_model,
        "Register a notebook, a source file or a folder, or register it again.",
        Registration,
        body=REGISTRATION,
        status=201,
        is_slow=True,
    ),
)
