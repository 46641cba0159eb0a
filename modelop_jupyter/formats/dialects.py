"""How a CSV file is to be read, told by its head: one reading for the runner, pandas and the host.

Comma, no comments and ``\\n`` are what RFC 4180 has; all else is guessed, and ``guessed`` says so.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import IO

_BOM = b"\xef\xbb\xbf"
_MARKS = (",", ";", "\t", "|")
_SEP = re.compile(rb'"?sep=([^"\r\n]|\\t)"?\s*', re.IGNORECASE)
_ROWS = 20
_BLOCK = 1 << 20
_SHOWN = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "'|'", " ": "blanks"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """``has_sep`` is a first line such as ``sep=;``, ``has_cr`` lines that end with a carriage return alone."""

    delimiter: str = ","
    has_sep: bool = False
    has_comments: bool = False
    has_cr: bool = False
    is_expected: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether the runner and pandas read the file as it is, knowing the delimiter."""
        return not (self.has_sep or self.has_comments or self.has_cr)

    @property
    def guessed(self) -> str | None:
        """What was guessed, in one sentence; None where nothing was."""
        said = []
        if not self.is_expected:
            shown = _SHOWN.get(self.delimiter, repr(self.delimiter))
            why = "its first line" if self.has_sep else "its header"
            said.append(f"cells are told apart by {shown} ({why})")
        if self.has_comments:
            said.append("lines that begin with # and have not the header's cells are comments")
        if self.has_cr:
            said.append("lines end with a carriage return")
        return ", ".join(said) or None


def delimiter_for(name: str) -> str:
    """Return what tells cells apart in a file of this name, where nothing else is known."""
    return "\t" if PurePath(name.lower().removesuffix(".gz")).suffix in (".tsv", ".tab") else ","


def dialect_of(name: str, head: bytes) -> Dialect:
    """Return how a file is to be read, of its first bytes."""
    head = head.removeprefix(_BOM)
    has_cr = b"\n" not in head and b"\r" in head.rstrip(b"\r")
    lines = [line for line in head.split(b"\r" if has_cr else b"\n") if line.strip()]
    usual = delimiter_for(name)
    if not lines:
        return Dialect(usual)
    found = _SEP.fullmatch(lines[0])
    if found is not None:
        sep = found[1].decode("latin-1").replace("\\t", "\t")
        rest = lines[1:]
        has_comments = _has_comments(rest, sep)
        return Dialect(sep, True, has_comments, has_cr, is_expected=sep == usual)
    plain = [line for line in lines if not line.startswith(b"#")] or lines
    delimiter = _delimiter(plain, usual)
    if lines[0].startswith(b"#") and plain is not lines:
        own = _delimiter(lines, usual)
        if own in lines[0].decode("latin-1") and _count(lines[0], own) == _count(plain[0], own):
            delimiter, plain = own, lines  # the header itself begins so
    has_comments = _has_comments(lines, delimiter, plain[0])
    return Dialect(delimiter, False, has_comments, has_cr, is_expected=delimiter == usual)


def plain_lines(file: IO[bytes], dialect: Dialect) -> Iterator[bytes]:
    """Yield the lines of a file without what is no row; they end with a newline."""
    lines: Iterable[bytes] = _split_at_cr(file) if dialect.has_cr else file
    begun = iter(lines)
    if dialect.has_sep:
        for line in begun:
            if line.removeprefix(_BOM).strip():
                break
    if not dialect.has_comments:
        yield from begun
        return
    yield from _without_comments(begun, dialect.delimiter)


def _without_comments(lines: Iterator[bytes], delimiter: str) -> Iterator[bytes]:
    taken: list[bytes] = []

    def feed() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line.replace(b"\0", b"").decode("latin-1").removeprefix("\u00ef\u00bb\u00bf")

    cells = None
    waiting: list[tuple[int, list[bytes]]] = []
    for row in csv.reader(feed(), delimiter=delimiter):
        raw = taken.copy()
        taken.clear()
        if not row:
            continue
        is_marked = row[0].startswith("#")
        if cells is None and is_marked:
            # Whether it is the header is known when a row has come.
            waiting.append((len(row), raw))
            continue
        if cells is None:
            cells = len(row)
            for count, each in waiting:
                if count == cells:
                    yield from each
        if not is_marked or len(row) == cells:
            yield from raw
    yield from taken


def _split_at_cr(file: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in iter(lambda: file.read(_BLOCK), b""):
        *whole, rest = (rest + block).split(b"\r")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest


def _delimiter(lines: list[bytes], usual: str) -> str:
    """Return the usual mark, unless the header has only another one, or the rows are told apart by it."""
    found = [mark for mark in _MARKS if _count(lines[0], mark) > 1]
    if len(found) < 2:
        return found[0] if found else usual
    first = usual if usual in found else found[0]
    order = [first, *(mark for mark in found if mark != first)]
    for mark in order:
        counts = {_count(line, mark) for line in islice(lines, _ROWS)}
        if len(counts) == 1:
            return mark
    return first


def _has_comments(lines: list[bytes], delimiter: str, header: bytes | None = None) -> bool:
    if header is None:
        header = next((line for line in lines if not line.startswith(b"#")), b"")
    cells = _count(header, delimiter)
    return any(line.startswith(b"#") and _count(line, delimiter) != cells for line in lines)


def _count(line: bytes, delimiter: str) -> int:
    """Return how many cells a line has."""
    text = io.StringIO(line.replace(b"\0", b"").decode("latin-1"), newline="")
    try:
        return len(next(csv.reader(text, delimiter=delimiter), []))
    except csv.Error:
        return 0
