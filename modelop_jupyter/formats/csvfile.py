"""CSV with a header: one row is one record, a dict whose cells are typed (spec 13.7)."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.formats.base import Format, Opener, open_bytes
from modelop_jupyter.formats.dialects import Dialect, dialect_of, plain_lines
from modelop_jupyter.formats.values import unique_names
from modelop_jupyter.opening import open_regular

# Python's own is 131,072 characters, and another reading of the file is no answer to a longer cell.
_LONGEST_CELL = 2**31 - 1 if sys.platform == "win32" else sys.maxsize
_CLOSED = re.compile(rb'"[^"]*(?:""[^"]*)*"')
_OPENED = re.compile(rb'(?:^(?:\xef\xbb\xbf)?|[,;\t|])"')
_CLOSING = re.compile(rb'[^"]*(?:""[^"]*)*"')
_HEAD = 1 << 16
_INT = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Csv(Format):
    """RFC 4180 with a header line."""

    name = "csv"
    endings = (".csv", ".tsv", ".tab")
    runner_format = "csv"

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        dialect = dialect_at(path, path.name, opener=opener)
        with open_bytes(path, opener=opener) as file:
            text = (line.decode("utf-8", "replace") for line in plain_lines(file, dialect))
            yield from self.rows_of(text, delimiter=dialect.delimiter)

    @staticmethod
    def rows_of(
        text: Iterable[str], *, header: str | None = None, delimiter: str = ","
    ) -> Iterator[Any]:
        """Yield the rows of open text; ``header`` is the header line of text that begins behind it."""
        allow_long_cells()
        rows = csv.reader(text, delimiter=delimiter)
        first = rows
        if header is not None:
            first = csv.reader(io.StringIO(header, newline=""), delimiter=delimiter)
        named = next((row for row in first if row), None)
        if named is None:
            return
        named[0] = named[0].removeprefix("\ufeff")
        names = unique_names(name or f"Unnamed: {place}" for place, name in enumerate(named))
        for row in rows:
            if row:
                yield {name: _typed(cell) for name, cell in zip_longest(names, row[: len(names)])}


def dialect_at(path: Path, name: str, *, opener: Opener = open_regular) -> Dialect:
    """Return how a CSV file is to be read."""
    with open_bytes(path, opener=opener) as file:
        head = file.read(_HEAD)
        if len(head) == _HEAD:
            head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    return dialect_of(name, head)


def write_plain(path: Path, target: Path, dialect: Dialect) -> None:
    """Write the rows of a CSV file alone, each byte of them as it was."""
    with open_bytes(path) as source, files.open_private(target, "wb") as file:
        file.writelines(plain_lines(source, dialect))


def first_row(lines: Iterable[bytes]) -> bytes:
    """Return the first row of CSV and blank lines before it, each line once, as the runner reads it.

    Only a quote that begins a cell opens one; within it a line may end.
    """
    found: list[bytes] = []
    is_open = has_begun = False
    for line in lines:
        found.append(line)
        has_begun = has_begun or bool(line.strip())
        rest = line
        if is_open:
            closing = _CLOSING.match(line)
            if closing is None:
                continue
            rest = line[closing.end() :]
        is_open = _OPENED.search(_CLOSED.sub(b"", rest)) is not None
        if has_begun and not is_open:
            break
    return b"".join(found)


def allow_long_cells() -> None:
    """Let the csv module read cells of any size; it has one bound for the whole process."""
    if csv.field_size_limit() < _LONGEST_CELL:
        csv.field_size_limit(_LONGEST_CELL)


def _typed(cell: Any) -> Any:
    """Return a number where that loses nothing, None for an empty cell (the runner's rule, 13.7)."""
    if not cell:
        return None
    for pattern, kind in ((_INT, int), (_FLOAT, float)):
        if pattern.fullmatch(cell):
            return kind(cell)
    return cell
