"""Read a page or a sample of a large file of records without reading all of it.

The byte offset of every thousandth record is found once and cached; a file that has grown is
scanned on from where the scan ended. Files of other formats than lines, and compressed ones, are
read from their start.
"""

from __future__ import annotations

import io
import os
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import IO, Any

from modelop_jupyter.formats.base import Format, Opener, is_compressed
from modelop_jupyter.formats.csvfile import Csv
from modelop_jupyter.formats.dialects import dialect_from_head
from modelop_jupyter.formats.json_and_text import JsonLines
from modelop_jupyter.formats.table import format_for
from modelop_jupyter.safe_open import open_regular

_STEP = 1000
_KEPT = 16


def read_page(
    path: Path,
    offset: int,
    limit: int,
    *,
    is_growing: bool = False,
    parse: Callable[[bytes], Any] | None = None,
    opener: Opener = open_regular,
) -> tuple[list[Any], int | None]:
    """Return the records from ``offset`` on, and the total number where it is known, else None.

    The last line of a file that is still growing counts once it is complete. ``parse`` makes a
    record of a line of JSON, where a damaged line must not end the page.
    """
    format = format_for(path.name)
    if not isinstance(format, (JsonLines, Csv)) or is_compressed(path, opener=opener):
        return list(islice(format.read(path, opener=opener), offset, offset + limit)), None
    with opener(path) as file:
        index = _index_of(path, file, format, is_growing=is_growing)
        with index.lock:
            index.extend(file)
            total = index.count + (index.has_tail and not is_growing)
            start = index.start_of(offset)
        file.seek(start)
        records = _records(format, path.name, file, index.header)
        if parse is not None:
            records = map(parse, filter(bytes.strip, file))
        rows = islice(records, offset % _STEP, None)
        return list(islice(rows, max(0, min(limit, total - offset)))), total


def _records(format: Format, name: str, file: IO[bytes], header: bytes) -> Iterator[Any]:
    if not isinstance(format, Csv):
        return JsonLines.records_of(file)
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
    dialect = dialect_from_head(name, header)
    decoded = header.decode("utf-8-sig", "replace")
    return Csv.rows_of(text, header=decoded, delimiter=dialect.delimiter)


@dataclass(slots=True)
class _Index:
    """Offsets of every thousandth record (``starts``); ``scanned`` bytes were read for them."""

    is_csv: bool
    modified: int
    starts: array[int] = field(default_factory=lambda: array("q"))
    count: int = 0
    scanned: int = 0
    header: bytes = b""
    has_tail: bool = False
    lock: Lock = field(default_factory=Lock)

    def start_of(self, offset: int) -> int:
        """Return the offset to read a record from; less than 1000 records lie in between."""
        block = offset // _STEP
        return self.starts[block] if block < len(self.starts) else self.scanned

    def extend(self, file: IO[bytes]) -> None:
        """Scan on to the end of the file."""
        file.seek(self.scanned)
        header_lines: list[bytes] = []
        self.has_tail = False
        in_quotes = False
        end = self.scanned
        for line in file:
            end += len(line)
            # A quoted cell of CSV may contain line ends: a row ends where the quotes are balanced.
            in_quotes ^= self.is_csv and line.count(b'"') % 2 == 1
            if self.is_csv and not self.header:
                header_lines.append(line)
            if in_quotes or not line.endswith(b"\n"):
                self.has_tail = bool(line.strip()) and bool(self.header or not self.is_csv)
                continue
            self._take(line, b"".join(header_lines))
            header_lines.clear()
            self.has_tail = False
            self.scanned = end

    def _take(self, row: bytes, header: bytes) -> None:
        if not row.strip():
            return
        if self.is_csv and not self.header:
            self.header = header
            return
        if self.count % _STEP == 0:
            self.starts.append(self.scanned)
        self.count += 1


_indexes: OrderedDict[tuple[str, int], _Index] = OrderedDict()
_indexes_lock = Lock()


def _index_of(path: Path, file: IO[bytes], format: Format, *, is_growing: bool) -> _Index:
    """Return the cached index of a file; a new one if the file was replaced or truncated."""
    state = os.fstat(file.fileno())
    key = (str(path), state.st_ino)
    with _indexes_lock:
        index = _indexes.pop(key, None)
        is_same = index is not None and (is_growing or index.modified == state.st_mtime_ns)
        if index is None or not is_same or index.scanned > state.st_size:
            index = _Index(isinstance(format, Csv), state.st_mtime_ns)
        _indexes[key] = index
        while len(_indexes) > _KEPT:
            _indexes.popitem(last=False)
    return index


_SMALL = 1 << 18


def sample(path: Path, most: int = 500) -> list[Any]:
    """Return up to ``most`` records, evenly spread over a file of JSON lines.

    Of other, compressed and small files these are the first ones. Only the returned lines are read.
    """
    format = format_for(path.name)
    size = path.stat().st_size
    if not isinstance(format, JsonLines) or is_compressed(path) or size < _SMALL:
        return list(islice(format.read(path), most))
    lines = []
    with open_regular(path) as file:
        line_start = -1
        for number in range(most):
            file.seek(size * number // most)
            if number:
                # The position is within a line: the next one is complete.
                file.readline()
            if file.tell() > line_start:
                line_start = file.tell()
                lines.append(file.readline())
    return list(JsonLines.records_of(io.BytesIO(b"".join(lines))))
