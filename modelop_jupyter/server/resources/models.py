"""``/models``, ``/models/NAME`` and ``/models/NAME/snapshots``: the models of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from modelop_jupyter.capture import read_notebook_cells, select_model_cells
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.lists import Page
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints, Model, Snapshot
from modelop_jupyter.domain.origins import CapturedFunction, SourceOrigin
from modelop_jupyter.domain.reports import (
    EnvironmentState,
    ModelRow,
    ModelView,
    NotebookChange,
    Registration,
    Removed,
)
from modelop_jupyter.domain.source_code.smart_tags import function_lines
from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.server.errors import OutsideRootError
from modelop_jupyter.server.resources.fields import MODEL_NAME, MODEL_REF, SHORT_TEXT
from modelop_jupyter.server.resources.registration import (
    REGISTRATION_BODY,
    parse_registration,
)
from modelop_jupyter.server.rest.json_schema import object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource, paginated


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model in a list. ``environment`` is its environment's state, ``step`` that of its build."""

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
    tags: tuple[str, ...] = field(default=(), metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class FunctionLine:
    """A function that ModelOp Center calls, where it is defined, and the cell it was captured from."""

    kind: str
    name: str
    asset: str | None
    line: int | None
    captured: CapturedFunction | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """A snapshot in a list. ``is_locked`` is true if its requirements are resolved."""

    ref: str
    number: int
    name: str
    created: datetime
    assets: int
    is_locked: bool
    aliases: tuple[str, ...] = field(default=(), metadata=OPTIONAL)
    created_by: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class ModelDetail:
    """A model as it is now, or one snapshot of it.

    ``newest`` is the newest snapshot, ``is_changed`` is true if the model has changed since.
    ``notebook`` is the path in the file browser of the notebook that the model was captured from.
    It is None if the file browser does not show it, and for a snapshot, which may be captured from
    another one. ``notebook_change`` is set if the saved notebook has another source by now.
    ``as_of`` is the day or time as of which the requirements are resolved. ``created_by`` and
    ``modified_by`` are the users who did, where that is known; ``origin`` is where its source came from.
    """

    name: str
    ref: str
    description: str
    tags: tuple[str, ...]
    created: datetime
    modified: datetime
    python: str | None
    primary_source: str | None
    source: str | None
    notebook: str | None
    functions: tuple[FunctionLine, ...]
    assets: tuple[Asset, ...]
    snapshots: int
    newest: SnapshotLine | None
    is_changed: bool
    environment: EnvironmentState
    notebook_change: NotebookChange | None = field(default=None, metadata=OPTIONAL)
    as_of: str | None = field(default=None, metadata=OPTIONAL)
    meta: Mapping[str, Any] = field(default_factory=dict, metadata=OPTIONAL)
    created_by: str | None = field(default=None, metadata=OPTIONAL)
    modified_by: str | None = field(default=None, metadata=OPTIONAL)
    origin: SourceOrigin | None = field(default=None, metadata=OPTIONAL)


def list_models(request: Request) -> Page:
    query = request.query
    page = request.context.workspace.model_page(
        match=query.get("match", ""),
        recent_first=query["order"] == "recent",
        offset=query["offset"],
        limit=query["limit"],
    )
    return Page(tuple(map(_model_line, page.rows)), page.offset, page.total)


def _model_line(row: ModelRow) -> ModelLine:
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
        tags=row.tags,
    )


def register_model(request: Request) -> Registration:
    return request.context.workspace.models.register_request(parse_registration(request).request)


def show_model(request: Request) -> ModelDetail:
    ref = request.path["name"]
    view = request.context.workspace.show(ref)
    state = view.snapshot.state if view.snapshot else view.model.state
    newest = view.snapshots[0] if view.snapshots else None
    notebook = None if view.snapshot else _notebook_path(request, view.model.notebook)
    return ModelDetail(
        name=view.model.name,
        ref=ref,
        description=view.model.description,
        tags=view.model.tags,
        created=view.model.created,
        modified=view.snapshot.created if view.snapshot else view.model.modified,
        python=state.python,
        primary_source=state.primary_source,
        source=view.source,
        notebook=notebook,
        functions=_function_lines(view, state.primary_source),
        assets=view.assets,
        snapshots=len(view.snapshots),
        newest=_snapshot_line(newest) if newest else None,
        is_changed=newest is None or newest.state.digest != view.model.state.digest,
        environment=view.environment,
        notebook_change=_notebook_change(request, view.model.name, notebook) if notebook else None,
        as_of=state.as_of,
        meta=view.model.meta,
        created_by=view.model.created_by,
        origin=(view.snapshot or view.model).origin,
        modified_by=view.snapshot.created_by if view.snapshot else view.model.modified_by,
    )


def _notebook_change(request: Request, name: str, notebook: str) -> NotebookChange | None:
    """Return how the saved notebook differs from what is registered; None if it cannot be read."""
    context = request.context
    file = context.root.resolve(notebook)
    try:
        cells = read_notebook_cells(file, below=context.root.folder)
    except InvalidError:
        return None
    selected = select_model_cells(name, cells, notebook=file, are_unrun=True)
    return context.workspace.models.notebook_change(name, selected)


def list_changed_notebooks(request: Request) -> tuple[str, ...]:
    models = request.context.workspace.registry.list_models(limit=_MOST_NOTEBOOKS)
    return tuple(model.name for model in models if _has_changed_notebook(request, model))


# Reading and capturing a notebook takes milliseconds, and the list is asked for with every change:
# what was found is kept by model, with the state and the file that it was found for.
_MOST_NOTEBOOKS = 200
_found: dict[str, tuple[tuple[str, int, int], bool]] = {}


def _has_changed_notebook(request: Request, model: Model) -> bool:
    notebook = _notebook_path(request, model.notebook)
    if notebook is None:
        return False
    try:
        file = Path(model.notebook).stat()
    except OSError:
        return False
    key = (model.state.digest, file.st_mtime_ns, file.st_size)
    known = _found.get(model.id)
    if known is None or known[0] != key:
        known = key, _notebook_change(request, model.name, notebook) is not None
        _found[model.id] = known
    return known[1]


def _function_lines(view: ModelView, asset: str | None) -> tuple[FunctionLine, ...]:
    lines = function_lines(view.source or "")
    origin = (view.snapshot or view.model).origin
    cells = {each.name: each for each in (origin.functions if origin else ())}
    return tuple(
        FunctionLine(kind, name, asset, lines.get(name), cells.get(name))
        for kind in ENTRY_POINT_KINDS
        if (name := view.entry_points.get(kind))
    )


def _notebook_path(request: Request, notebook: str) -> str | None:
    """Return a notebook's path in the file browser, None if it is missing there."""
    root = request.context.root
    path = root.to_api_path(notebook) if notebook else None
    try:
        return path if path and root.resolve(path).is_file() else None
    except OutsideRootError:
        # A hidden file.
        return None


def remove_model(request: Request) -> Removed:
    from modelop_jupyter.kernels import specs

    return specs.remove_model(request.context.workspace, request.path["name"])


def list_snapshots(request: Request) -> Page:
    snapshots = request.context.workspace.snapshots(request.path["name"])
    offset, limit = request.query["offset"], request.query["limit"]
    rows = tuple(map(_snapshot_line, snapshots[offset : offset + limit]))
    return Page(rows, offset, len(snapshots))


def take_snapshot(request: Request) -> SnapshotLine:
    label = request.body.get("label") or None
    return _snapshot_line(request.context.workspace.snapshot(request.path["name"], label=label))


def _snapshot_line(snapshot: Snapshot) -> SnapshotLine:
    return SnapshotLine(
        ref=snapshot.ref,
        number=snapshot.number,
        name=snapshot.name,
        created=snapshot.created,
        assets=len(snapshot.state.assets),
        is_locked=snapshot.lock is not None,
        aliases=snapshot.aliases,
        created_by=snapshot.created_by,
    )


_QUERY = {
    "type": "string",
    "maxLength": 1000,
    "description": "What models are searched by: a part of a name, or conditions such as tag:fraud"
    " and metrics.auc>=0.9.",
    "examples": ["tag:fraud metrics.auc>=0.9 name~churn"],
}

MODELS = Resource(
    path="/models",
    get=paginated(
        list_models,
        "List models by name, or those that changed or ran last first, each with its newest"
        " snapshot, environment and last job.",
        ModelLine,
        query={"match": _QUERY, "order": {"enum": ["name", "recent"], "default": "name"}},
        depends_on=("registry", "jobs", "environments"),
    ),
    post=Operation(
        register_model,
        "Register a notebook, a source file or a folder, or register it again.",
        Registration,
        body=REGISTRATION_BODY,
        status=201,
        is_slow=True,
    ),
)

CHANGED_NOTEBOOKS = Resource(
    path="/changed-notebooks",
    get=Operation(
        list_changed_notebooks,
        "Name the models whose saved notebooks differ from what is registered, of the first 200.",
        tuple[str, ...],
        is_slow=True,
    ),
)

MODEL = Resource(
    path="/models/{name}",
    parameters={"name": MODEL_REF},
    get=Operation(show_model, "Show one model, or one snapshot of it.", ModelDetail),
    delete=Operation(
        remove_model,
        "Remove a model, and its kernels from the launcher; its snapshots and jobs stay on record.",
        Removed,
    ),
)

SNAPSHOTS = Resource(
    path="/models/{name}/snapshots",
    parameters={"name": MODEL_NAME},
    get=paginated(list_snapshots, "List a model's snapshots, newest first.", SnapshotLine),
    post=Operation(
        take_snapshot,
        "Take a snapshot; equal content is the same snapshot.",
        SnapshotLine,
        body={**object_schema(label={**SHORT_TEXT, "minLength": 0}), "examples": [{}]},
        status=201,
    ),
)
