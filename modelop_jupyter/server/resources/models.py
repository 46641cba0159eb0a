"""``/models``: the models of the registry, page by page, and new ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.pages import Page
from modelop_jupyter.domain.reports import EnvironmentState, ModelRow, Registration
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.paging import paged
from modelop_jupyter.server.registering import REGISTRATION, wish_of
from modelop_jupyter.server.words import WORD


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model as a list shows it: ``environment`` says how far that is, ``step`` what its build is at."""

    name: str
    description: str
    snapshot: int | None
    assets: int
    entry_points: EntryPoints
    modified: datetime
    last_job: JobRecord | None
    environment: str
    step: BuildStep | None
    failure: str | None


def list_models(ask: Ask) -> Page:
    found = ask.desk.workspace.model_page(
        match=ask.query.get("match", ""), offset=ask.query["offset"], limit=ask.query["limit"]
    )
    return Page(tuple(map(_line, found.rows)), found.offset, found.total)


def _line(row: ModelRow) -> ModelLine:
    environment = row.environment or EnvironmentState("none")
    return ModelLine(
        name=row.name,
        description=row.description,
        snapshot=row.snapshot,
        assets=row.assets,
        entry_points=row.entry_points,
        modified=row.modified,
        last_job=row.last_job,
        environment=environment.state,
        step=environment.step,
        failure=environment.failure.reason if environment.failure else None,
    )


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
        within=ask.desk.root.folder,
    )


RESOURCE = Resource(
    path="/models",
    get=paged(
        list_models,
        "List models by name, each with its newest snapshot, environment and last job.",
        ModelLine,
        query={"match": WORD},
        made_of=("registry", "jobs", "environments"),
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
