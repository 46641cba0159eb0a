"""CSV files to records: rows, the header, and the values of cells (spec 13.7)."""

import csv
import io
import itertools
import re
import sys

from .errors import MalformedRecord, StageError
from .files import BLOCK
from .input_stream import BOM, LARGE, InputStream, require_memory, too_large
from .json_reader import parse_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from .protocol import InputFile
    from .record_loop import ReadRecord

    ReadCell = Callable[[str], Any]
    Failure = tuple[int, csv.Error]  # where a row fails, and why

LOOK_AHEAD_BYTES = 1 << 24  # of a row, behind which its end is looked for before it is kept
MAX_CELL = 2**31 - 1 if sys.platform == "win32" else sys.maxsize  # characters that csv takes
DELIMITERS = (b",", b";", b"\t", b"|")
QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"')
QUOTE_OPENED = re.compile(rb'(?:^|[,;\t|])"')
QUOTE_CLOSED = re.compile(rb'[^"]*(?:""[^"]*)*"')
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z").match
MAX_DIGITS = 4000  # of an integer
SAFE_FRACTION = 16  # characters: a float holds each fraction of up to 15 digits


def csv_records(item: "InputFile", stream: InputStream, schema: "Any") -> "Iterator[ReadRecord]":
    """Yield a dict for each row by RFC 4180; rows with too few or too many cells are malformed.

    All rows that begin before the stream's end are read: what makes one of them fail may stand
    behind it.
    """
    csv.field_size_limit(MAX_CELL)
    header = CsvHeader(item, schema)
    if header.names is None:
        return
    names, read_cells = header.names, header.read_cells
    end, stream.end = stream.end, None
    if stream.offset < header.end:
        stream.go_to(header.end)
    lines = CsvLines(io.BufferedReader(stream, BLOCK), stream.offset)
    lines.look_ahead = lambda offset: look_ahead(item, offset, header.delimiter)
    rows = csv.reader(lines, delimiter=header.delimiter, strict=True)
    while True:
        start = lines.next_row()
        if end is not None and start >= end:
            return
        try:
            row = next(rows)
        except StopIteration:
            return
        except MemoryError:
            raise too_large("row", start) from None
        except csv.Error as error:
            if sum(map(len, lines.taken)) > MAX_CELL:
                message = f"the CSV row that begins at byte {start}: {error}"
                raise StageError("read", message) from error
            lines.put_back(error)  # an open quote must not swallow the rows behind it
            malformed = MalformedRecord(str(error), f"not CSV: {error}")
            yield malformed, None, lines.taken, [start, lines.offset - start]
            continue
        raw, span = lines.taken, [start, lines.offset - start]
        if len(row) < 2 and not b"".join(raw).strip():
            continue
        if lines.flaw:
            yield MalformedRecord(lines.flaw, lines.flaw), None, raw, span
        elif len(row) != len(names):
            reason = f"{len(row)} cells where the header has {len(names)}"
            yield MalformedRecord(reason, reason), None, raw, span
        else:
            record = {name: read(text) for name, read, text in zip(names, read_cells, row)}
            yield None, record, raw, span


class CsvHeader:
    """The first row of a file: ``names`` of the columns (None: there is no row), what reads their
    cells, the delimiter, and ``end``, where the rows begin.
    """

    def __init__(self, item: "InputFile", schema: "Any") -> None:
        self.names: list[str] | None = None
        self.read_cells: Sequence[ReadCell] = ()
        self.end = 0
        delimiter = item.get("delimiter")  # where the host has found it, as it does for pandas
        stream = InputStream(item)
        try:
            self._read(io.BufferedReader(stream, BLOCK), delimiter, schema)
        finally:
            stream.close()

    def _read(self, file: io.BufferedReader, delimiter: "str | None", schema: "Any") -> None:
        offset = len(file.read(len(BOM))) if file.peek(len(BOM)).startswith(BOM) else 0
        lines = CsvLines(file, offset)
        self.delimiter = delimiter or detect_delimiter(lines)
        try:
            for row in csv.reader(lines, delimiter=self.delimiter, strict=True):
                if len(row) > 1 or b"".join(lines.taken).strip():
                    self.names, self.read_cells = csv_columns(row, schema)
                    self.end = lines.offset
                    return
        except csv.Error as error:
            message = f"the header of the CSV input cannot be read: {error}"
            raise StageError("read", message) from error


class CsvLines:
    """The lines that ``csv.reader`` reads; those of the current row are ``taken``, its flaw
    ``flaw``.

    Where a row has failed, each of its lines but the first was read within a quote, and would fail
    the same way again: ``known_to_fail`` are the first and the last offset where such lines begin,
    so that no file is read over and over.
    """

    def __init__(self, lines: "Iterable[bytes]", offset: int) -> None:
        self.lines, self.offset = iter(lines), offset
        self.again: list[bytes] = []  # lines to read once more from ``offset``, the next one last
        self.flaw: str | None = None
        self.known_to_fail = (0, -1)
        self.error: csv.Error | None = None
        # Returns where, and why, a long row fails that stands within a quote at an offset.
        self.look_ahead: Callable[[int], Failure | None] | None = None
        self.next_row()

    def __iter__(self) -> "Iterator[str]":
        return self

    def next_row(self) -> int:
        """Begin a row, and return where it begins."""
        self.taken: list[bytes] = []
        self.size, self.checked_size, self.has_looked_ahead = 0, LARGE, False
        self.flaw = None
        return self.offset

    def put_back(self, error: csv.Error) -> None:
        """Read all lines of the current row again but the first."""
        back = self.taken[1:]
        if back:
            last = self.offset - len(back[-1])
            self.offset -= sum(map(len, back))
            self.again += reversed(back)
            del self.taken[1:]
            if not self.known_to_fail[0] <= last <= self.known_to_fail[1]:
                self.known_to_fail, self.error = (self.offset, last), error

    def __next__(self) -> str:
        if self.taken:
            self._check_row()
        line = self.again.pop() if self.again else next(self.lines)
        self.offset += len(line)
        self.size += len(line)
        self.taken.append(line)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            self.flaw = f"not UTF-8 at byte {error.start + 1}"
            text = line.decode("utf-8", "replace")
        if "\0" in text:
            self.flaw = "a NUL character"
            text = text.replace("\0", "")
        return text

    def _check_row(self) -> None:
        """Raise csv.Error where the current row, which stands within a quote, is known to fail."""
        if self.size > self.checked_size:
            require_memory(self.size, "row", self.offset - self.size)
            self.checked_size = 2 * self.size
        if self.size > LOOK_AHEAD_BYTES and self.look_ahead and not self.has_looked_ahead:
            self.has_looked_ahead = True
            failure = self.look_ahead(self.offset)
            if failure:
                second = self.offset - sum(map(len, self.taken[1:]))
                self.known_to_fail, self.error = (second, failure[0]), failure[1]
        if self.known_to_fail[0] <= self.offset <= self.known_to_fail[1]:
            raise csv.Error(str(self.error))


def look_ahead(item: "InputFile", offset: int, delimiter: str) -> "Failure | None":
    """Return where and why a row fails that stands within a quote at an offset; None if it ends
    well.

    Only lines with a quote are kept: the others change nothing within one.
    """
    stream = InputStream(item)
    line_offset = offset

    def lines_with_quotes() -> "Iterator[str]":
        nonlocal line_offset
        for line in io.BufferedReader(stream, BLOCK):
            if b'"' in line:
                yield line.replace(b"\0", b"").decode("latin-1")
            line_offset += len(line)

    try:
        stream.go_to(offset)
        lines = itertools.chain(['"\n'], lines_with_quotes())
        next(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return line_offset, error
    finally:
        stream.close()
    return None


def detect_delimiter(lines: CsvLines) -> str:
    """Comma; semicolon, tab or bar where the header has that one and no comma."""
    for line in lines.lines:
        lines.again.append(line)
        if line.strip():
            header = unquoted(line, lines)
            lines.again.reverse()
            marks = [mark for mark in DELIMITERS if mark in header]
            return marks[0].decode() if len(marks) == 1 else ","
        lines.again.pop()
        lines.offset += len(line)
    return ","


def unquoted(line: bytes, lines: CsvLines) -> bytes:
    """Return what is outside of quotes in a row that begins with a line; lines go to ``again``."""
    parts: list[bytes] = []
    while True:
        line = QUOTED.sub(b"", line)
        opened = QUOTE_OPENED.search(line)
        if not opened:
            return b"".join(parts) + line
        parts.append(line[: opened.end() - 1])
        closed = None
        while not closed:
            following = next(lines.lines, None)
            if following is None:
                return b"".join(parts)
            lines.again.append(following)
            closed = QUOTE_CLOSED.match(following)
        line = following[closed.end() :]  # type: ignore[index]


def csv_columns(row: "list[str]", schema: "Any") -> "tuple[list[str], list[ReadCell]]":
    """Return the names of the columns, told apart as pandas does, and what reads their cells."""
    fields: dict[Any, Any] = {}
    if isinstance(schema, dict) and isinstance(schema.get("fields"), list):
        declared = [field for field in schema["fields"] if isinstance(field, dict)]
        fields = {field.get("name"): field.get("type") for field in declared}
    if fields and len(fields) == len(row) and not set(row) & set(fields):
        row = list(fields)  # the header has other names: the schema's come first (spec 2.1)
    # Dicts: a list would be searched through for each of a hundred thousand columns.
    names: dict[str, None] = {}
    copies: dict[str, int] = {}
    for number, title in enumerate(row):
        name = unique = title or f"Unnamed: {number}"
        copy = copies.get(name, 0)
        while unique in names:
            copy += 1
            unique = f"{name}.{copy}"
        copies[name] = copy
        names[unique] = None
    kinds = [fields.get(name) for name in names]
    readers = [read_cell if kind is None else cell_reader(kind) for kind in kinds]
    return list(names), readers


def read_cell(text: str) -> "int | float | str | None":
    """Return None for an empty cell, a number where that loses nothing, else the text (spec 13.7).

    A number is what JSON calls one, so ``007``, ``1_000``, ``+5``, ``.5``, ``0x10``, ``nan`` and
    `` 1`` stay text. ``1.50`` is 1.5; integers of any size stay integers; a fraction whose digits a
    float cannot hold stays text, as does ``-0``.
    """
    if not text:
        return None
    match = NUMBER(text)
    if not match:
        return text
    fraction, exponent = match.groups()
    if fraction is None and exponent is None:
        return int(text) if len(text) < MAX_DIGITS and text != "-0" else text
    if len(text) <= SAFE_FRACTION and not exponent:
        return float(text)
    from decimal import Decimal

    try:
        is_same = Decimal(repr(float(text))) == Decimal(text)
    except ArithmeticError:  # an exponent beyond all bounds
        is_same = False
    return float(text) if is_same else text


def cell_reader(kind: "Any") -> "ReadCell":
    """Return what reads the cells of a column whose type a schema declares."""
    branches = kind if isinstance(kind, list) else [kind]
    kinds = [branch.get("type") if isinstance(branch, dict) else branch for branch in branches]
    keeps_empty = "string" in kinds and "null" not in kinds

    def read(text: str) -> "Any":
        if not text and not keeps_empty:
            return None
        for one in kinds:
            value = read_as(one, text)
            if value is not None:
                return value
        return text

    return read


def read_as(kind: "Any", text: str) -> "Any":
    """Return a cell as a value of an Avro type, None where it is not one."""
    try:
        if kind in ("int", "long"):
            return int(text) if re.match(r"-?[0-9]+\Z", text) else None
        if kind in ("float", "double"):
            return float(text) if re.match(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?\Z", text) else None
        if kind == "boolean":
            return {"true": True, "false": False}.get(text.lower())
        if kind in ("record", "array", "map"):
            return parse_json(text.strip())
    except (ValueError, RecursionError):
        return None
    return text if kind in ("string", "enum", "bytes", "fixed") else None
