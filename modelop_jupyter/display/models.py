"""Views of models, assets, snapshots and registrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelop_jupyter.display import checks, environments, formatting, jobs
from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Cell,
    Facts,
    Heading,
    Note,
    Remedies,
    Span,
    Table,
    Text,
    code,
)
from modelop_jupyter.domain.examples import SNIPPET
from modelop_jupyter.domain.metadata import leaves, value_text
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints, Model, Snapshot

if TYPE_CHECKING:
    from modelop_jupyter.domain.assets import Asset
    from modelop_jupyter.domain.metadata import ModelMetadata, ModelTags
    from modelop_jupyter.domain.origins import SourceOrigin
    from modelop_jupyter.domain.reports import (
        EnvironmentState,
        ModelRow,
        ModelView,
        Overview,
        Registration,
    )

_MAX_FUNCTIONS = 8


def registration(value: Registration) -> Blocks:
    """Show a model after a registration or a change of its assets."""
    model = value.model
    badge = Span("created", "good") if value.created else Span("updated", "good")
    if not value.created and not value.changes:
        badge = Span("unchanged", "muted")
    elif model.state.primary_source and not model.state.entry_points.has_job:
        badge = Span(f"{badge.text} without a function that a job can call", "warn")
    blocks: list[Block] = [Heading(model.name, badge, model.description)]
    facts = _functions(model.state.entry_points, model.state.primary_source)
    if value.changes and not value.created:
        facts = (("changed", "; ".join(value.changes)), *facts)
    facts = (*facts, *_origin(model.origin))
    if value.environment is not None:
        facts = (*facts, ("environment", environments.state(value.environment)))
    blocks.append(Facts(facts))
    blocks.extend(Note(warning, "warn") for warning in value.warnings)
    blocks.extend(Note(note) for note in value.notes)
    blocks.extend(
        Text(f"cell {cell.number}, as it ran and as it is now", cell.diff, is_open=True)
        for cell in value.edited
    )
    if model.state.assets:
        blocks.append(asset_table(model.state.assets))
    if value.source is not None and value.is_captured:
        blocks.append(
            Text(f"source {model.state.primary_source or ''}".rstrip(), value.source, is_open=True)
        )
    if value.next_steps:
        blocks.append(Remedies(value.next_steps))
    return blocks


def view(value: ModelView) -> Blocks:
    """Show everything about a model."""
    model, snapshot = value.model, value.snapshot
    title = snapshot.ref if snapshot else model.name
    facts = list(said(model))
    if snapshot:
        taken = formatting.moment_by(snapshot.created, snapshot.created_by)
        facts.append(("snapshot", f"{snapshot.name}, taken {taken}"))
        listed = next((one for one in value.snapshots if one.number == snapshot.number), snapshot)
        if listed.aliases:
            facts.append(("aliases", ", ".join(listed.aliases)))
    else:
        if model.created_by != model.modified_by:
            facts.append(("created", formatting.moment_by(model.created, model.created_by)))
        facts.append(("modified", formatting.moment_by(model.modified, model.modified_by)))
    facts.extend(_origin((snapshot or model).origin))
    state = snapshot.state if snapshot else model.state
    if state.python:
        facts.append(("python", state.python))
    if state.as_of:
        facts.append(("packages as of", state.as_of))
    facts.append(("environment", environments.state(value.environment)))
    if value.check is not None:
        facts.append(("last check", checks.in_one_line(value.check)))
    change = value.notebook_change
    badge = Span("the notebook differs", "warn") if change else None
    blocks: list[Block] = [
        Heading(title, badge, model.description),
        Facts((*_functions(value.entry_points, state.primary_source), *facts)),
    ]
    if change is not None:
        blocks.append(
            Note(f"{change.sentence}: '%modelop register {model.name}' takes the edits.", "warn")
        )
        blocks.append(Text(f"{change.ref} and the notebook", change.diff, is_open=True))
    if value.assets:
        blocks.append(asset_table(value.assets))
    if value.snapshots and not snapshot:
        blocks.append(snapshot_table(value.snapshots))
    if value.jobs:
        blocks.append(jobs.job_table(value.jobs))
    if value.source is not None:
        blocks.append(Text(f"source {state.primary_source or ''}".rstrip(), value.source))
    if value.check is not None:
        blocks.extend(checks.kept(value.check))
    return blocks


def said(model: Model) -> Iterator[tuple[str, Cell]]:
    """Yield the tags and the metadata of a model."""
    if model.tags:
        yield "tags", ", ".join(model.tags)
    yield from _metadata(model.meta)


def tags(value: ModelTags) -> Blocks:
    """Show the tags of a model."""
    return [Heading(value.model), Facts((("tags", ", ".join(value.tags) or "none"),))]


def metadata(value: ModelMetadata) -> Blocks:
    """Show the metadata of a model by their keys."""
    facts = _metadata(value.metadata)
    return [Heading(value.model), Facts(facts or (("metadata", "none"),))]


def _metadata(entries: Mapping[str, Any]) -> tuple[tuple[str, Cell], ...]:
    return tuple((f"meta {key}", value_text(value)) for key, value in leaves(entries))


def snapshot(value: Snapshot) -> Blocks:
    """Show a snapshot that was taken or existed already."""
    return [
        Heading(value.ref, detail=value.name),
        Facts(
            (
                ("taken", formatting.moment_by(value.created, value.created_by)),
                ("content", code(value.state.digest[7:19])),
                *_origin(value.origin),
            )
        ),
        asset_table(value.state.assets),
    ]


def asset_table(rows: Sequence[Asset]) -> Table:
    """Show assets with their roles."""
    return Table(
        headers=("asset", "role", "size"),
        rows=tuple(
            (code(asset.path), asset.role.label, formatting.size(asset.size)) for asset in rows
        ),
        title="assets",
        numeric=frozenset({2}),
    )


def snapshot_table(rows: Sequence[Snapshot]) -> Table:
    """Show snapshots in the given order."""
    has_aliases = any(snapshot.aliases for snapshot in rows)
    # A column of its own only where several users took them.
    by = len({snapshot.created_by for snapshot in rows}) > 1
    optional = (*(["aliases"] if has_aliases else []), "taken", *(["by"] if by else []))
    return Table(
        headers=("snapshot", "name", *optional, "assets"),
        rows=tuple(
            (
                code(snapshot.ref),
                snapshot.name,
                *([", ".join(snapshot.aliases)] if has_aliases else []),
                formatting.moment(snapshot.created),
                *((snapshot.created_by or "",) if by else ()),
                str(len(snapshot.state.assets)),
            )
            for snapshot in rows
        ),
        title="snapshots",
        numeric=frozenset({2 + len(optional)}),
    )


def model_table(rows: Sequence[ModelRow]) -> Table:
    """Show the models of the registry."""
    has_tags = any(model.tags for model in rows)
    return Table(
        headers=(
            *("model", "snapshot", "functions", "assets", "environment", "modified", "last job"),
            *(("tags",) if has_tags else ()),
        ),
        rows=tuple(
            (
                code(model.name),
                "" if model.snapshot is None else f"@{model.snapshot}",
                " ".join(kind for kind in ENTRY_POINT_KINDS if model.entry_points.get(kind)),
                str(model.assets),
                "" if model.environment is None else _brief(model.environment),
                formatting.moment(model.modified),
                "" if model.last_job is None else _last_job(model),
                *((", ".join(model.tags),) if has_tags else ()),
            )
            for model in rows
        ),
        title="models",
        numeric=frozenset({3}),
        optional=frozenset({1, 3, 7} if has_tags else {1, 3}),
    )


def overview(value: Overview, *, tables: Sequence[Block]) -> Blocks:
    """Show models, environments and jobs, and what to type next."""
    if not value.models:
        return [Heading("ModelOp", detail=value.home), *_first_steps(), *tables]
    if not value.jobs:
        hint = f"Type '%modelop batch {value.models[0].name} INPUT' to score a file."
    else:
        hint = f"Type '%modelop job show {value.jobs[0].short_id}' to see the last job."
    return [
        Heading("ModelOp", detail=value.home),
        *tables,
        Note(f"{hint} '%modelop help' lists every verb."),
    ]


def _first_steps() -> Blocks:
    """Show what makes a function a model, and what to type then."""
    return [
        Note("No models yet. A tag above a function makes it one:", "plain"),
        Text("", SNIPPET.rstrip(), is_open=True),
        Note(
            "Run such a cell, then '%modelop register NAME'. '%modelop register NAME PATH' takes a"
            " file or a folder.",
            "plain",
        ),
        Note(
            "'%modelop example' lists notebooks to start from, '%modelop help' every verb.", "plain"
        ),
    ]


def _origin(origin: SourceOrigin | None) -> Iterator[tuple[str, Cell]]:
    """Yield the commit that a source came from, and the cells of its functions."""
    if origin is None:
        return
    if origin.git is not None:
        remote = f" ({origin.git.remote})" if origin.git.remote else ""
        yield "from", f"{origin.git.sentence}{remote}"
    shown = [f"{each.name}: {each.place}" for each in origin.functions[:_MAX_FUNCTIONS]]
    more = len(origin.functions) - len(shown)
    if shown:
        yield "cells", ", ".join([*shown, *([f"and {more} more"] if more else [])])


def _functions(points: EntryPoints, source: str | None) -> tuple[tuple[str, Cell], ...]:
    named = [(kind, points.get(kind)) for kind in ENTRY_POINT_KINDS]
    rows: list[tuple[str, Cell]] = [(kind, code(name)) for kind, name in named if name]
    if not rows:
        rows = [("functions", Span("none tagged", "warn"))]
    if source:
        rows.append(("source", code(source)))
    return tuple(rows)


def _brief(value: EnvironmentState) -> Cell:
    if value.step is not None:
        return Span(environments.sentence(value.step), "busy")
    return Span(value.state, environments.STATES.get(value.state, "muted"))


def _last_job(row: ModelRow) -> Cell:
    assert row.last_job is not None
    shown = jobs.badge(row.last_job)
    return Span(f"{row.last_job.kind.value}: {shown.text}", shown.tone)
