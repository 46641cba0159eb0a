"""Blocks as plain text: aligned columns, nothing to unfold, no colour."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelop_jupyter.display import fitting, words
from modelop_jupyter.display.blocks import (
    MAX_ROWS,
    Bar,
    Block,
    Blocks,
    Chart,
    Facts,
    Figures,
    Heading,
    Note,
    Table,
    Text,
    Tree,
    plain,
)
from modelop_jupyter.display.drawing import numbers_of

_WIDEST = 100
_MAX_POINTS = 12


def page(blocks: Blocks, *, width: int | None = None) -> str:
    """Return the text of some blocks; parts that are tables stand apart.

    ``width`` is that of the terminal, which lines are made to fit; without one they are as long as
    they are.
    """
    parts: list[str] = []
    is_titled = sum(isinstance(block, Table) for block in blocks) > 1 or len(blocks) > 2
    for block in blocks:
        if isinstance(block, Table) and block.is_folded:
            continue
        lines = list(_lines(block, width))
        if isinstance(block, Table) and block.title and is_titled:
            lines.insert(0, f"{block.title}:")
        if not lines:
            continue
        is_apart = isinstance(block, (Table, Tree, Text, Figures, Chart)) and parts
        parts.extend(["", *lines] if is_apart else lines)
    return "\n".join(parts)


def _lines(block: Block, terminal: int | None) -> Iterator[str]:
    if isinstance(block, Heading):
        badge = f"  {block.badge.text}" if block.badge else ""
        detail = f"  {block.detail}" if block.detail else ""
        yield from _wrapped(block.title + badge + detail, terminal)
    elif isinstance(block, Facts):
        width = max((len(label) for label, _ in block.rows), default=0)
        for label, cell in block.rows:
            yield from _wrapped(f"  {label:<{width}}  {plain(cell)}", terminal, indent=width + 4)
    elif isinstance(block, Figures):
        if block.title:
            yield f"{block.title}:"
        width = max((len(label) for label, _ in block.rows), default=0)
        yield from (f"  {label:<{width}}  {plain(cell)}" for label, cell in block.rows)
    elif isinstance(block, Chart):
        yield from _chart(block, terminal)
    elif isinstance(block, Table):
        yield from _table(block, terminal)
    elif isinstance(block, Tree):
        yield block.title
        yield from _tree(block.value, "  ")
    elif isinstance(block, Text):
        if block.is_open:
            yield from (
                [f"{block.title}:", *(f"  {line}".rstrip() for line in block.text.splitlines())]
                if (block.title)
                else [block.text]
            )
    elif isinstance(block, Note):
        text = f"warning: {block.text}" if block.tone == "warn" else block.text
        for line in text.splitlines() or [""]:
            yield from _wrapped(line, terminal)
    elif isinstance(block, Bar):
        return


def _wrapped(line: str, terminal: int | None, *, indent: int = 0) -> list[str]:
    if terminal is None or _width(line) <= terminal:
        return [line]
    return fitting.wrapped(line, terminal, indent=" " * min(indent, terminal // 2))


def _chart(chart: Chart, terminal: int | None) -> Iterator[str]:
    table = numbers_of(chart)
    if chart.title:
        yield f"{chart.title}:"
    table = replace(table, rows=table.rows[:_MAX_POINTS], total=len(table.rows))
    yield from _table(table, terminal)


def _table(table: Table, terminal: int | None) -> Iterator[str]:
    rows = [[_cut(plain(cell)) for cell in row] for row in table.shown]
    lines = [[header if table.is_data else header.upper() for header in table.headers], *rows]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    if terminal is not None and sum(widths) + 2 * (len(widths) - 1) > terminal:
        yield from fitting.fitted(lines[0], rows, numeric=table.numeric, width=terminal)
        lines = []
    for line in lines:
        cells = [
            " " * (width - _width(text)) + text
            if index in table.numeric
            else text + " " * (width - _width(text))
            for index, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
    more = (table.total or len(table.rows)) - len(rows)
    if more > 0:
        yield f"… and {words.number(more)} more"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _WIDEST else flat[: _WIDEST - 1] + "…"


def _width(text: str) -> int:
    """Return how many columns a text takes in a terminal."""
    # Not rich's cell_len: help is not to wait for rich.
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _tree(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, (Mapping, list)) and not value:
        yield f"{indent}{words.value(value)}"
        return
    if isinstance(value, Mapping):
        width = max((len(str(key)) for key in value), default=0)
        pairs = [(f"{key!s:<{width}}", item) for key, item in value.items()]
    else:
        pairs = [("-", item) for item in value] if isinstance(value, list) else [("", value)]
    for key, item in pairs[:MAX_ROWS]:
        if isinstance(item, (Mapping, list)) and item and not _is_flat(item):
            yield f"{indent}{key.rstrip()}"
            yield from _tree(item, indent + "  ")
        else:
            yield f"{indent}{key}  {words.value(item, limit=_WIDEST)}"
    if len(pairs) > MAX_ROWS:
        yield f"{indent}… and {words.number(len(pairs) - MAX_ROWS)} more"


def _is_flat(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(item, (Mapping, list)) for item in value)
