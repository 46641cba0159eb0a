"""Detect the dialect of a CSV file from its first bytes, once for the runner, pandas and the host.

RFC 4180 has commas, no comments and newlines; anything else is a guess, which ``guessed``
describes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

from modelop_jupyter.formats.compression import ending_of

_BOM = b"\xef\xbb\xbf"
_MARKS = (",", ";", "\t", "|")
_SEP = re.compile(rb'"?sep=([^"\r\n]|\\t)"?\s*', re.IGNORECASE)
_ROWS = 20
_BLOCK = 1 << 20
_SHOWN = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "'|'", " ": "blanks"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written.

    ``has_sep``: its first line is such as ``sep=;``. ``has_comments``: lines that begin with ``#``
    are comments. ``has_cr``: lines end with a carriage return only. ``is_expected``: the delimiter
    is that of the file's name.
    """

    delimiter: str = ","
    has_sep: bool = False
    has_comments: bool = False
    has_cr: bool = False
    is_expected: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether the runner and pandas can read the file unchanged, given the delimiter."""
        return not (self.has_sep or self.has_comments or self.has_cr)

    @property
    def guessed(self) -> str | None:
        """What was guessed, in one sentence; None if nothing was."""
        guesses = []
        if not self.is_expected:
            shown = describe_delimiter(self.delimiter)
            evidence = "its first line" if self.has_sep else "its header"
            guesses.append(f"cells are separated by {shown} ({evidence})")
        if self.has_comments:
            guesses.append(
                "lines that begin with # and have another number of cells than the header are"
                " comments"
            )
        if self.has_cr:
            guesses.append("lines end with a carriage return")
        return ", ".join(guesses) or None


def describe_delimiter(mark: str) -> str:
    """Return a delimiter in words."""
    return _SHOWN.get(mark, repr(mark))


def delimiter_for(name: str) -> str:
    """Return the default delimiter of a file's name: a tab for .tsv and .tab, else a comma."""
    return "\t" if ending_of(name) in (".tsv", ".tab") else ","


def dialect_from_head(name: str, head: bytes) -> Dialect:
    """Return the dialect of a file from its name and first bytes."""
    head = head.removeprefix(_BOM)
    has_cr = b"\n" not in head and b"\r" in head.rstrip(b"\r")
    lines = [line for line in head.split(b"\r" if has_cr else b"\n") if line.strip()]
    usual = delimiter_for(name)
    if not lines:
        return Dialect(usual)
    sep_line = _SEP.fullmatch(lines[0])
    if sep_line is not None:
        sep = sep_line[1].decode("latin-1").replace("\\t", "\t")
        rest = lines[1:]
        has_comments = _has_comments(rest, sep)
        return Dialect(sep, True, has_comments, has_cr, is_expected=sep == usual)
    data_lines = [line for line in lines if not line.startswith(b"#")] or lines
    delimiter = _delimiter(data_lines, usual)
    if lines[0].startswith(b"#") and data_lines is not lines:
        own_delimiter = _delimiter(lines, usual)
        if own_delimiter in lines[0].decode("latin-1") and _count(
            lines[0], own_delimiter
        ) == _count(data_lines[0], own_delimiter):
            delimiter, data_lines = own_delimiter, lines  # the header itself begins with #
    has_comments = _has_comments(lines, delimiter, data_lines[0])
    return Dialect(delimiter, False, has_comments, has_cr, is_expected=delimiter == usual)


def row_lines(file: IO[bytes], dialect: Dialect) -> Iterator[bytes]:
    """Yield the lines of a file that belong to rows, each with a newline at its end."""
    lines: Iterable[bytes] = _split_at_cr(file) if dialect.has_cr else file
    remaining = iter(lines)
    if dialect.has_sep:
        for line in remaining:
            if line.removeprefix(_BOM).strip():
                break
    if not dialect.has_comments:
        yield from remaining
        return
    yield from _without_comments(remaining, dialect.delimiter)


def _without_comments(lines: Iterator[bytes], delimiter: str) -> Iterator[bytes]:
    consumed: list[bytes] = []

    def feed() -> Iterator[str]:
        for line in lines:
            consumed.append(line)
            yield line.replace(b"\0", b"").decode("latin-1").removeprefix("\u00ef\u00bb\u00bf")

    cells = None
    pending: list[tuple[int, list[bytes]]] = []
    for row in csv.reader(feed(), delimiter=delimiter):
        raw = consumed.copy()
        consumed.clear()
        if not row:
            continue
        is_marked = row[0].startswith("#")
        if cells is None and is_marked:
            # Whether this is the header is known once the first row has come.
            pending.append((len(row), raw))
            continue
        if cells is None:
            cells = len(row)
            for count, lines_of_row in pending:
                if count == cells:
                    yield from lines_of_row
        if not is_marked or len(row) == cells:
            yield from raw
    yield from consumed


def _split_at_cr(file: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in iter(lambda: file.read(_BLOCK), b""):
        *whole, rest = (rest + block).split(b"\r")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest


def _delimiter(lines: list[bytes], usual: str) -> str:
    """Return the usual delimiter, unless the header uses another one or the rows fit another."""
    candidates = [candidate for candidate in _MARKS if _count(lines[0], candidate) > 1]
    if len(candidates) < 2:
        return candidates[0] if candidates else usual
    default = usual if usual in candidates else candidates[0]
    order = [default, *(candidate for candidate in candidates if candidate != default)]
    for candidate in order:
        counts = {_count(line, candidate) for line in islice(lines, _ROWS)}
        if len(counts) == 1:
            return candidate
    return default


def _has_comments(lines: list[bytes], delimiter: str, header: bytes | None = None) -> bool:
    if header is None:
        header = next((line for line in lines if not line.startswith(b"#")), b"")
    cells = _count(header, delimiter)
    return any(line.startswith(b"#") and _count(line, delimiter) != cells for line in lines)


def _count(line: bytes, delimiter: str) -> int:
    """Return the number of cells in a line."""
    text = io.StringIO(line.replace(b"\0", b"").decode("latin-1"), newline="")
    try:
        return len(next(csv.reader(text, delimiter=delimiter), []))
    except csv.Error:
        return 0
