"""Views of the user's own defaults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelop_jupyter.display.blocks import Blocks, Table, code

if TYPE_CHECKING:
    from modelop_jupyter.configuration import ConfiguredValue


def table(rows: Sequence[ConfiguredValue]) -> Table:
    """Show keys with their values and where these come from."""
    return Table(
        headers=("key", "value", "from", "what it is"),
        rows=tuple(
            (code(row.key), code(row.value), row.place or row.source.value, row.meaning)
            for row in rows
        ),
        title="configuration",
        is_whole=True,
    )


def value(row: ConfiguredValue) -> Blocks:
    """Show one key."""
    return [table([row])]
