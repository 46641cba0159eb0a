"""Plain text that fits a terminal: broken between words, and columns left out before a word is broken."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Sequence
from io import StringIO

_GAP = 2
# A path or a digest that is longer than this is broken all the same.
_LONGEST_WORD = 36


def fitted(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: Collection[int],
    width: int,
) -> Iterator[str]:
    """Yield the lines of a table within so many columns of a terminal.

    What cannot be had without breaking words loses columns, the last ones first; a last line names
    them.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = list(zip(headers, *rows, strict=True))
    least = [_longest_word(column) for column in columns]
    shown = len(headers)
    while shown > 1 and sum(least[:shown]) + _GAP * (shown - 1) > width:
        shown -= 1
    # Rich would take from a column what its longest word needs.
    widths = _shared(columns[:shown], least[:shown], width - _GAP * (shown - 1))
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="")
    for index, header in enumerate(headers[:shown]):
        table.add_column(
            Text(header),
            justify="right" if index in numeric else "left",
            width=widths[index],
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(Text, row[:shown]))
    page = StringIO()
    console = Console(
        file=page, width=width, color_system=None, legacy_windows=False, force_terminal=False
    )
    console.print(table)
    yield from (line.rstrip() for line in page.getvalue().splitlines())
    if shown < len(headers):
        yield f"(no room for {', '.join(header.lower() for header in headers[shown:])})"


def wrapped(line: str, width: int, *, indent: str = "") -> list[str]:
    """Break a line between words; the lines behind the first begin with the indent."""
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
    """Return a width for each column: what it would take, less where all take too much."""
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
