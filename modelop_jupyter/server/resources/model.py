"""``/models/NAME``: one model or snapshot with all that its section of the sidebar shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS
from modelop_jupyter.domain.reports import EnvironmentState, ModelView, Removed
from modelop_jupyter.domain.smart_tags import function_lines
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.problems import OutsideError
from modelop_jupyter.server.resources.snapshots import SnapshotLine, line_of
from modelop_jupyter.server.words import REF


@dataclass(frozen=True, slots=True)
class FunctionLine:
    """A function that ModelOp Center calls, and where it is defined."""

    kind: str
    name: str
    asset: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class ModelDetail:
    """A model as it is now, or one snapshot of it.

    ``newest`` is the newest snapshot, ``is_changed`` says that the model has changed since.
    ``notebook`` is the one that the model was captured from, as the file browser shows it; None
    where it is not among the server's files, and for a snapshot, which may be of another.
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


def show_model(ask: Ask) -> ModelDetail:
    ref = ask.path["name"]
    view = ask.desk.workspace.show(ref)
    state = view.snapshot.state if view.snapshot else view.model.state
    newest = view.snapshots[0] if view.snapshots else None
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
        notebook=None if view.snapshot else _notebook(ask, view.model.notebook),
        functions=_functions(view, state.primary_source),
        assets=view.assets,
        snapshots=len(view.snapshots),
        newest=line_of(newest) if newest else None,
        is_changed=newest is None or newest.state.digest != view.model.state.digest,
        environment=view.environment,
    )


def _functions(view: ModelView, asset: str | None) -> tuple[FunctionLine, ...]:
    lines = function_lines(view.source or "")
    return tuple(
        FunctionLine(kind, name, asset, lines.get(name))
        for kind in ENTRY_POINT_KINDS
        if (name := view.entry_points.get(kind))
    )


def _notebook(ask: Ask, file: str) -> str | None:
    shown = ask.desk.root.shown(file) if file else None
    try:
        return shown if shown and ask.desk.root.resolve(shown).is_file() else None
    except OutsideError:
        # A hidden one.
        return None


def remove_model(ask: Ask) -> Removed:
    return ask.desk.workspace.remove(ask.path["name"])


RESOURCE = Resource(
    path="/models/{name}",
    parameters={"name": REF},
    get=Operation(show_model, "Show one model, or one snapshot of it.", ModelDetail),
    delete=Operation(
        remove_model, "Remove a model; its snapshots and jobs stay on record.", Removed
    ),
)
