"""Views of disk usage, changed files and cleanups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelop_jupyter.display import formatting
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

if TYPE_CHECKING:
    from modelop_jupyter.domain.disk import Clearing, Pinned, PinnedJob
    from modelop_jupyter.domain.environments import Drift
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
                formatting.size(row.environment.size),
                formatting.size(row.freed),
                "(isolated kernels)" if row.is_overlay else ", ".join(row.models),
                formatting.duration(row.environment.build_seconds),
                formatting.moment(row.environment.last_used or row.environment.created),
                _state(row),
            )
            for row in rows
        ),
        title="environments",
        numeric=frozenset({2, 3, 4, 6}),
    )


def drift(value: Drift) -> list[Block]:
    """Show which files of an environment were changed by hand, a few of each kind."""
    kinds = (("changed", value.changed), ("added", value.added), ("removed", value.removed))
    facts: list[tuple[str, Cell]] = [
        (kind, Span(_several(paths), "bad")) for kind, paths in kinds if paths
    ]
    if value.packages:
        facts.append(("packages concerned", ", ".join(value.packages)))
    return [Facts(tuple(facts))]


def clearing(value: Clearing) -> Blocks:
    """Show what was removed, or would be, and what stays although it is over the quota."""
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
                    (item.kind, code(item.name), formatting.size(item.size), item.note)
                    for item in value.cleared
                ),
                numeric=frozenset({2}),
            )
        )
    if value.spared:
        blocks.append(
            Table(
                headers=("stays", "models", "why"),
                rows=tuple(
                    (code(item.name[:12]), ", ".join(item.models), item.reason)
                    for item in value.spared
                ),
            )
        )
    size = formatting.size(value.before)
    if value.before != value.after:
        size = (
            f"{size} before, {formatting.size(value.after)} {'then' if value.is_dry_run else 'now'}"
        )
    limits: list[tuple[str, Cell]] = []
    if value.older is not None:
        limits.append(("kept for", formatting.age(value.older)))
    if value.quota is not None:
        limits.append(("quota", formatting.size(value.quota)))
    blocks.append(Facts(((value.noun, size), *limits, (freed, formatting.size(value.freed)))))
    if value.noun == "environments" and value.before - value.after > value.freed:
        blocks.append(
            Note("The package cache keeps the packages themselves: 'uv cache prune' frees them.")
        )
    if not value.cleared:
        blocks.append(Note("There was nothing to remove."))
    return blocks


def pinned(value: Pinned) -> Blocks:
    """Show whether an environment is pinned."""
    badge = Span("pinned", "good") if value.is_pinned else Span("not pinned", "muted")
    detail = (
        "never removed automatically"
        if value.is_pinned
        else "removed when it has not been used for a long time"
    )
    return [Heading(f"environment of {value.model}", badge, f"{value.fingerprint[:12]}: {detail}")]


def pinned_job(value: PinnedJob) -> Blocks:
    """Show whether a job is pinned."""
    badge = Span("pinned", "good") if value.is_pinned else Span("not pinned", "muted")
    detail = (
        "never removed" if value.is_pinned else "removed when it is old or disk space is needed"
    )
    return [Heading(f"job {value.job[:8]}", badge, detail)]


def _several(paths: Sequence[str]) -> str:
    """Name files by their paths in site-packages; a folder with many files is named once."""
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
    remarks = [
        word
        for word, holds in (
            ("drifted", row.environment.is_drifted),
            ("in use", row.in_use),
            ("pinned", row.is_pinned),
        )
        if holds
    ]
    tone: Tone = "bad" if row.environment.is_drifted else "busy" if row.in_use else "muted"
    return Span(", ".join(remarks), tone) if remarks else ""
