"""Render blocks as plain text: aligned columns, no colours."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from typing import Any

from modelop_jupyter.display import formatting
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
    Remedies,
    ReportButton,
    Table,
    Text,
    Tree,
    plain,
)
from modelop_jupyter.remedies import as_text

_WIDEST = 100
_MAX_POINTS = 12


def page(blocks: Blocks, *, width: int | None = None) -> str:
    """Return the text of some blocks; tables are separated by blank lines.

    Lines are fitted to ``width``, that of the terminal; without one they have any length.
    """
    parts: list[str] = []
    is_titled = sum(isinstance(block, Table) for block in blocks) > 1 or len(blocks) > 2
    for block in blocks:
        if _is_left_out(block):
            continue
        lines = list(_lines(block, width))
        if isinstance(block, Table) and block.title and is_titled:
            lines.insert(0, f"{block.title}:")
        if not lines:
            continue
        is_apart = isinstance(block, (Table, Tree, Text, Figures, Chart, Remedies)) and parts
        parts.extend(["", *lines] if is_apart else lines)
    return "\n".join(parts)


def _is_left_out(block: Block) -> bool:
    if isinstance(block, Chart):
        return block.is_picture
    return isinstance(block, Table) and block.is_folded


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
    elif isinstance(block, Remedies):
        # Not wrapped: a line is to be copied.
        yield from as_text(block.remedies, block.program).splitlines()
    elif isinstance(block, ReportButton):
        yield f"Report for a ticket: {block.line}"
    elif isinstance(block, Bar):
        return


def _wrapped(line: str, terminal: int | None, *, indent: int = 0) -> list[str]:
    if terminal is None or _width(line) <= terminal:
        return [line]
    return wrapped_line(line, terminal, indent=" " * min(indent, terminal // 2))


def _chart(chart: Chart, terminal: int | None) -> Iterator[str]:
    from modelop_jupyter.display.charts import numbers_of

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
        yield from _fitted(lines[0], rows, table, terminal)
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
        yield f"… and {formatting.number(more)} more"


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
        yield f"{indent}{formatting.value(value)}"
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
            yield f"{indent}{key}  {formatting.value(item, limit=_WIDEST)}"
    if len(pairs) > MAX_ROWS:
        yield f"{indent}… and {formatting.number(len(pairs) - MAX_ROWS)} more"


def _is_flat(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(item, (Mapping, list)) for item in value)


_GAP = 2
# A path or a digest that is longer than this is broken all the same.
_LONGEST_WORD = 36
_LINES_OF_A_CELL = 2


def _fitted(
    headers: Sequence[str], rows: Sequence[Sequence[str]], table: Table, terminal: int
) -> Iterator[str]:
    """Yield the lines of a table that fits a terminal.

    Optional columns are left out where a cell would be broken into many lines, and the last columns
    where words would be broken; a last line names them.
    """
    shown = _columns_with_room([headers, *rows], table.optional, terminal)
    yield from _drawn(
        [headers[index] for index in shown],
        [[row[index] for index in shown] for row in rows],
        numeric={place for place, index in enumerate(shown) if index in table.numeric},
        width=terminal,
    )
    left_out = [header.lower() for index, header in enumerate(headers) if index not in shown]
    if left_out:
        yield f"(no room for {', '.join(left_out)})"


def _columns_with_room(
    lines: Sequence[Sequence[str]], optional: Collection[int], width: int
) -> list[int]:
    """Return the indexes of the columns to show."""
    columns = list(zip(*lines, strict=True))
    shown = list(range(len(columns)))
    spare = sorted(optional, reverse=True)
    while len(shown) > 1:
        least = [_longest_word(columns[index]) for index in shown]
        room = width - _GAP * (len(shown) - 1)
        has_room = sum(least) <= room
        if has_room and not (spare and _is_tall([columns[i] for i in shown], least, room)):
            break
        shown.remove(spare.pop(0) if spare else shown[-1])
    return shown


def _is_tall(columns: Sequence[Sequence[str]], least: Sequence[int], width: int) -> bool:
    """Say whether a cell would take more than two lines."""
    from rich.cells import cell_len

    widths = _shared(columns, least, width)
    return any(
        cell_len(cell) > _LINES_OF_A_CELL * width
        for column, width in zip(columns, widths, strict=True)
        for cell in column
    )


def _drawn(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: Collection[int],
    width: int,
) -> Iterator[str]:
    """Yield the lines of a table whose columns have room."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = list(zip(headers, *rows, strict=True))
    least = [_longest_word(column) for column in columns]
    # Rich would take from a column what its longest word needs.
    widths = _shared(columns, least, width - _GAP * (len(headers) - 1))
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="")
    for index, header in enumerate(headers):
        table.add_column(
            Text(header),
            justify="right" if index in numeric else "left",
            width=widths[index],
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(Text, row))
    page = StringIO()
    console = Console(
        file=page, width=width, color_system=None, legacy_windows=False, force_terminal=False
    )
    console.print(table)
    yield from (line.rstrip() for line in page.getvalue().splitlines())


def wrapped_line(line: str, width: int, *, indent: str = "") -> list[str]:
    """Break a line between words; the following lines begin with the indent."""
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    ) or [line]


def _shared(columns: Sequence[Sequence[str]], least: Sequence[int], width: int) -> list[int]:
    """Return the width of each column: its natural width, reduced if all together are too wide."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in columns]
    while sum(widths) > width:
        spare = [taken - needed for taken, needed in zip(widths, least, strict=True)]
        widest = max(range(len(widths)), key=lambda index: (spare[index] > 0, widths[index]))
        widths[widest] -= 1
    return widths


def _longest_word(cells: Sequence[str]) -> int:
    from rich.cells import cell_len

    longest = max((cell_len(word) for cell in cells for word in cell.split()), default=1)
    return min(longest, _LONGEST_WORD)
