"""What environments and jobs take on disk, what was changed in them, and what was cleared away."""

from __future__ import annotations

from collections.abc import Sequence

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Cell,
    Facts,
    Heading,
    Note,
    Span,
    Table,
    Tone,
    code,
)
from modelop_jupyter.domain.disk import Clearing, Drift, Pinned, PinnedJob
from modelop_jupyter.domain.reports import EnvironmentRow

_SHOWN = 5


def environment_table(rows: Sequence[EnvironmentRow]) -> Table:
    """Show the environments on disk."""
    return Table(
        headers=(
            *("environment", "python", "packages", "size", "alone", "models"),
            *("built in", "last used", ""),
        ),
        rows=tuple(
            (
                code(row.environment.fingerprint[:12]),
                row.environment.interpreter.version,
                str(len(row.environment.packages)),
                words.size(row.environment.size),
                words.size(row.freed),
                "(isolated kernels)" if row.is_overlay else ", ".join(row.models),
                words.duration(row.environment.build_seconds),
                words.moment(row.environment.last_used or row.environment.created),
                _state(row),
            )
            for row in rows
        ),
        title="environments",
        numeric=frozenset({2, 3, 4, 6}),
    )


def drift(value: Drift) -> list[Block]:
    """Show which files somebody changed, a few of each kind."""
    kinds = (("changed", value.changed), ("added", value.added), ("removed", value.removed))
    facts: list[tuple[str, Cell]] = [
        (kind, Span(_several(paths), "bad")) for kind, paths in kinds if paths
    ]
    if value.packages:
        facts.append(("packages concerned", ", ".join(value.packages)))
    return [Facts(tuple(facts))]


def clearing(value: Clearing) -> Blocks:
    """Show what was removed, or would be, and what stays in spite of the quota."""
    verb = "would be removed" if value.is_dry_run else "removed"
    freed = "would be freed" if value.is_dry_run else "freed"
    blocks: list[Block] = [
        Heading("clean-up", Span("dry run", "muted") if value.is_dry_run else None)
    ]
    if value.cleared:
        blocks.append(
            Table(
                headers=(verb, "", "size", "of"),
                rows=tuple(
                    (each.kind, code(each.name), words.size(each.size), each.note)
                    for each in value.cleared
                ),
                numeric=frozenset({2}),
            )
        )
    if value.spared:
        blocks.append(
            Table(
                headers=("stays", "models", "why"),
                rows=tuple(
                    (code(each.name[:12]), ", ".join(each.models), each.reason)
                    for each in value.spared
                ),
            )
        )
    size = words.size(value.before)
    if value.before != value.after:
        size = f"{size} before, {words.size(value.after)} {'then' if value.is_dry_run else 'now'}"
    limits: list[tuple[str, Cell]] = []
    if value.older is not None:
        limits.append(("kept for", words.age(value.older)))
    if value.quota is not None:
        limits.append(("quota", words.size(value.quota)))
    blocks.append(Facts(((value.noun, size), *limits, (freed, words.size(value.freed)))))
    if value.noun == "environments" and value.before - value.after > value.freed:
        blocks.append(
            Note("The package cache keeps the packages themselves: 'uv cache prune' frees them.")
        )
    if not value.cleared:
        blocks.append(Note("There was nothing to remove."))
    return blocks


def pinned(value: Pinned) -> Blocks:
    """Show whether an environment may be cleared away."""
    badge = Span("pinned", "good") if value.is_pinned else Span("not pinned", "muted")
    told = "never cleared away" if value.is_pinned else "cleared away when it is not used for long"
    return [Heading(f"environment of {value.model}", badge, f"{value.fingerprint[:12]}: {told}")]


def pinned_job(value: PinnedJob) -> Blocks:
    """Show whether a job may be removed."""
    badge = Span("pinned", "good") if value.is_pinned else Span("not pinned", "muted")
    told = "never removed" if value.is_pinned else "removed when it is old or room is needed"
    return [Heading(f"job {value.job[:8]}", badge, told)]


def _several(paths: Sequence[str]) -> str:
    """Name files as they lie in site-packages, a folder with many as one."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        inside = path.rpartition("site-packages/")[2]
        folders.setdefault(inside.partition("/")[0], []).append(inside)
    named = [
        name
        for top, inside in folders.items()
        for name in (inside if len(inside) < _SHOWN else [f"{top}/ ({len(inside)} files)"])
    ]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return ", ".join(named[:_SHOWN]) + more


def _state(row: EnvironmentRow) -> Cell:
    """Say what is special about an environment."""
    found = [
        word
        for word, holds in (
            ("drifted", row.environment.is_drifted),
            ("in use", row.in_use),
            ("pinned", row.is_pinned),
        )
        if holds
    ]
    tone: Tone = "bad" if row.environment.is_drifted else "busy" if row.in_use else "muted"
    return Span(", ".join(found), tone) if found else ""
