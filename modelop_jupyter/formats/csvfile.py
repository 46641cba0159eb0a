"""CSV with a header: each row is a record, a dict of typed cells (spec 13.7)."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

from modelop_jupyter import files
from modelop_jupyter.formats.base import Format, Opener, open_bytes
from modelop_jupyter.formats.dialects import Dialect, dialect_from_head, row_lines
from modelop_jupyter.formats.json_values import unique_names
from modelop_jupyter.safe_open import open_regular

# Python's default limit is 131,072 characters per cell.
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
        dialect = detect_dialect(path, path.name, opener=opener)
        with open_bytes(path, opener=opener) as file:
            text = (line.decode("utf-8", "replace") for line in row_lines(file, dialect))
            yield from self.rows_of(text, delimiter=dialect.delimiter)

    @staticmethod
    def rows_of(
        text: Iterable[str], *, header: str | None = None, delimiter: str = ","
    ) -> Iterator[Any]:
        """Yield the rows of CSV text; ``header`` is the header line of text that follows it."""
        allow_long_cells()
        rows = csv.reader(text, delimiter=delimiter)
        header_rows = rows
        if header is not None:
            header_rows = csv.reader(io.StringIO(header, newline=""), delimiter=delimiter)
        column_names = next((row for row in header_rows if row), None)
        if column_names is None:
            return
        column_names[0] = column_names[0].removeprefix("\ufeff")
        names = unique_names(
            name or f"Unnamed: {number}" for number, name in enumerate(column_names)
        )
        for row in rows:
            if row:
                yield {name: _typed(cell) for name, cell in zip_longest(names, row[: len(names)])}


def detect_dialect(path: Path, name: str, *, opener: Opener = open_regular) -> Dialect:
    """Return the dialect of a CSV file, from its first 64 KiB; ``name`` is the file's own name."""
    with open_bytes(path, opener=opener) as file:
        return dialect_of(file, name)


def dialect_of(file: IO[bytes], name: str) -> Dialect:
    """Return the dialect of an open file that has not been read, from its first 64 KiB."""
    head = file.read(_HEAD)
    if len(head) == _HEAD:
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    return dialect_from_head(name, head)


def write_rows(path: Path, target: Path, dialect: Dialect) -> None:
    """Write only the rows of a CSV file, without comments and ``sep=`` line, bytes unchanged."""
    with open_bytes(path) as source, files.open_private(target, "wb") as file:
        file.writelines(row_lines(source, dialect))


def first_row(lines: Iterable[bytes]) -> bytes:
    """Return the first row of CSV with the blank lines before it, as the runner splits rows.

    Only a quote at the beginning of a cell opens a quoted one; a quoted cell may contain line ends.
    """
    row_lines: list[bytes] = []
    is_open = has_begun = False
    for line in lines:
        row_lines.append(line)
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
    return b"".join(row_lines)


def allow_long_cells() -> None:
    """Raise the csv module's limit for the length of a cell, which is one per process."""
    if csv.field_size_limit() < _LONGEST_CELL:
        csv.field_size_limit(_LONGEST_CELL)


def _typed(cell: Any) -> Any:
    """Return a number where that is exact, None for an empty cell, as the runner (spec 13.7)."""
    if not cell:
        return None
    for pattern, kind in ((_INT, int), (_FLOAT, float)):
        if pattern.fullmatch(cell):
            return kind(cell)
    return cell
