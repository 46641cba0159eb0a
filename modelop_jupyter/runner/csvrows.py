"""The rows of a CSV file (13.7)."""

import csv
import io
import itertools
import re
import sys

from .cells import cell_reader, read_cell
from .errors import JobError
from .files import BLOCK, BOM
from .malformed import Malformed
from .stream import LARGE, Stream, no_memory, require_memory

AHEAD = 1 << 24  # bytes of a row, behind which its end is looked for before it is kept in memory
LONGEST_CELL = 2**31 - 1 if sys.platform == "win32" else sys.maxsize  # characters, the most that csv takes
CLOSED = re.compile(rb'"[^"]*(?:""[^"]*)*"')
OPENED = re.compile(rb'(?:^|[,;\t|])"')
CLOSING = re.compile(rb'[^"]*(?:""[^"]*)*"')


def csv_records(item, stream, schema):
    """Yield a dict per row by RFC 4180; rows with too few or too many cells are rejected (13.7)."""
    csv.field_size_limit(LONGEST_CELL)
    header = CsvHeader(item, schema)
    if header.names is None:
        return
    names, readers = header.names, header.readers
    if stream.offset < header.end:
        stream.go_to(header.end)
    lines = CsvLines(io.BufferedReader(stream, BLOCK), stream.offset)
    lines.look_ahead = lambda offset: look_ahead(item, offset, header.delimiter)
    rows = csv.reader(lines, delimiter=header.delimiter, strict=True)
    while True:
        place = lines.next_row()
        try:
            row = next(rows)
        except StopIteration:
            return
        except MemoryError:
            raise no_memory("row", place)
        except csv.Error as error:
            if sum(map(len, lines.taken)) > LONGEST_CELL:
                raise JobError("read", "the CSV row that begins at byte %d: %s" % (place, error))
            lines.put_back(error)  # an open quote must not swallow the rows behind it
            yield (
                Malformed(str(error), "not CSV: %s" % error),
                None,
                lines.taken,
                [place, lines.offset - place],
            )
            continue
        raw, place = lines.taken, [place, lines.offset - place]
        if len(row) < 2 and not b"".join(raw).strip():
            continue
        if lines.flaw:
            yield Malformed(lines.flaw, lines.flaw), None, raw, place
        elif len(row) != len(names):
            said = "%d cells where the header has %d" % (len(row), len(names))
            yield Malformed(said, said), None, raw, place
        else:
            yield (
                None,
                {name: read(text) for name, read, text in zip(names, readers, row)},
                raw,
                place,
            )


class CsvHeader:
    """The first row of a file: how its cells are told apart, the columns, and where the rows begin."""

    def __init__(self, item, schema):
        self.names = None
        self.delimiter = item.get("delimiter")  # the host has looked, as it has for pandas
        stream = Stream(item)
        try:
            self.read(io.BufferedReader(stream, BLOCK), schema)
        finally:
            stream.close()

    def read(self, file, schema):
        offset = len(file.read(len(BOM))) if file.peek(len(BOM)).startswith(BOM) else 0
        lines = CsvLines(file, offset)
        self.delimiter = self.delimiter or sniff_delimiter(lines)
        try:
            for row in csv.reader(lines, delimiter=self.delimiter, strict=True):
                if len(row) > 1 or b"".join(lines.taken).strip():
                    self.names, self.readers = csv_header(row, schema)
                    self.end = lines.offset
                    return
        except csv.Error as error:
            raise JobError("read", "the header of the CSV input cannot be read: %s" % error)


class CsvLines:
    """Feed ``csv.reader`` with lines; those of the row at hand are in ``taken``, its flaw in ``flaw``.

    Where a row has failed, each of its lines but the first has been read within a quote, and would be read the
    same way again: ``hopeless`` are the places where they begin, so that no file is read over and over.
    """

    def __init__(self, lines, offset):
        self.lines, self.offset = lines, offset
        self.again = []  # lines to be read once more, the next one last; ``offset`` is where it begins
        self.taken, self.size, self.asked, self.is_looked = [], 0, LARGE, False
        self.flaw = None
        self.hopeless, self.error = (0, -1), None  # the first and the last place
        self.look_ahead = None  # what tells where, and why, a long row at hand fails

    def __iter__(self):
        return self

    def next_row(self):
        """Return where the next row begins."""
        self.taken, self.size, self.asked, self.is_looked = [], 0, LARGE, False
        self.flaw = None
        return self.offset

    def put_back(self, error):
        """Have all lines of the row at hand read again but the first."""
        back = self.taken[1:]
        if back:
            last = self.offset - len(back[-1])
            self.offset -= sum(map(len, back))
            self.again += reversed(back)
            del self.taken[1:]
            if not self.hopeless[0] <= last <= self.hopeless[1]:
                self.hopeless, self.error = (self.offset, last), error

    def __next__(self):
        if self.taken:
            self.require_hope()
        line = self.again.pop() if self.again else next(self.lines)
        self.offset += len(line)
        self.size += len(line)
        self.taken.append(line)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            self.flaw = "not UTF-8 at byte %d" % (error.start + 1)
            text = line.decode("utf-8", "replace")
        if "\0" in text:
            self.flaw = "a NUL character"
            text = text.replace("\0", "")
        return text

    def require_hope(self):
        """Raise csv.Error where the row at hand, which stands within a quote, is known to fail."""
        if self.size > self.asked:
            require_memory(self.size, "row", self.offset - self.size)
            self.asked = 2 * self.size
        if self.size > AHEAD and self.look_ahead and not self.is_looked:
            self.is_looked = True
            failed = self.look_ahead(self.offset)
            if failed:
                second = self.offset - sum(map(len, self.taken[1:]))
                self.hopeless, self.error = (second, failed[0]), failed[1]
        if self.hopeless[0] <= self.offset <= self.hopeless[1]:
            raise csv.Error(str(self.error))


def look_ahead(item, offset, delimiter):
    """Return where and why a row fails that stands within a quote at an offset; None where it ends well.

    Only lines with a quote are kept: the others change nothing within one.
    """
    stream = Stream(item)
    place = offset

    def quotes():
        nonlocal place
        for line in io.BufferedReader(stream, BLOCK):
            if b'"' in line:
                yield line.replace(b"\0", b"").decode("latin-1")
            place += len(line)

    try:
        stream.go_to(offset)
        next(csv.reader(itertools.chain(['"\n'], quotes()), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return place, error
    finally:
        stream.close()
    return None


def sniff_delimiter(lines):
    """Comma; semicolon, tab or bar where the header has that one and no comma."""
    for line in lines.lines:
        lines.again.append(line)
        if line.strip():
            header = unquoted(line, lines)
            lines.again.reverse()
            found = [mark for mark in (b",", b";", b"\t", b"|") if mark in header]
            return found[0].decode() if len(found) == 1 else ","
        lines.again.pop()
        lines.offset += len(line)
    return ","


def unquoted(line, lines):
    """Return what stands outside of quotes in a row that begins with a line; the lines go to ``again``."""
    parts = []
    while True:
        line = CLOSED.sub(b"", line)
        opened = OPENED.search(line)
        if not opened:
            return b"".join(parts) + line
        parts.append(line[: opened.end() - 1])
        closing = None
        while not closing:
            line = next(lines.lines, None)
            if line is None:
                return b"".join(parts)
            lines.again.append(line)
            closing = CLOSING.match(line)
        line = line[closing.end() :]


def csv_header(row, schema):
    """Return the names of the columns, told apart as pandas does, and what reads their cells."""
    fields = {}
    if isinstance(schema, dict) and isinstance(schema.get("fields"), list):
        fields = {field.get("name"): field.get("type") for field in schema["fields"] if isinstance(field, dict)}
    if fields and len(fields) == len(row) and not set(row) & set(fields):
        row = list(fields)  # the header speaks another language: the schema's names go first (spec 2.1)
    names, copies = (
        {},
        {},
    )  # dicts, as lists are searched through for each of a hundred thousand columns
    for number, name in enumerate(row):
        name = unique = name or "Unnamed: %d" % number
        copy = copies.get(name, 0)
        while unique in names:
            copy += 1
            unique = "%s.%d" % (name, copy)
        copies[name] = copy
        names[unique] = None
    return list(names), [cell_reader(fields[name]) if name in fields else read_cell for name in names]
