"""Show aliases of snapshots and their history."""

from __future__ import annotations

from collections.abc import Sequence

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Blocks, Cell, Note, Span, Table, code
from modelop_jupyter.domain.aliases import Alias, AliasMove


def moved(value: Alias) -> Blocks:
    """Say what an alias stands for from now on."""
    return [Note(f"{value.ref} is {value.model}@{value.number}.", "good")]


def alias_table(rows: Sequence[Alias]) -> Table:
    """Show the aliases of a model."""
    return Table(
        headers=("alias", "snapshot", "since", "by"),
        rows=tuple(
            (
                code(alias.ref),
                f"@{alias.number}",
                formatting.moment(alias.moved),
                alias.moved_by or "",
            )
            for alias in rows
        ),
        title="aliases",
        optional=frozenset({3}),
    )


def history(rows: Sequence[AliasMove]) -> Table:
    """Show the moves of aliases."""
    return Table(
        headers=("alias", "snapshot", "moved", "by"),
        rows=tuple(
            (
                code(f"{move.model}@{move.word}"),
                _target(move),
                formatting.moment(move.moved),
                move.moved_by or "",
            )
            for move in rows
        ),
        title="history",
        optional=frozenset({3}),
    )


def _target(move: AliasMove) -> Cell:
    return Span("removed", "muted") if move.number is None else f"@{move.number}"
