"""The rows of a CSV file (13.7)."""

import csv
import io
import re

from .cells import cell_reader, read_cell
from .errors import JobError
from .files import BLOCK, BOM
from .malformed import Malformed
from .stream import Stream

ROW_LINES = 10000  # a quoted CSV field that spans more lines than this was never closed


def csv_records(item, stream, schema):
    """Yield a dict per row by RFC 4180; rows with too few or too many cells are rejected (13.7)."""
    csv.field_size_limit(2**31 - 1)
    header = CsvHeader(item, schema)
    if header.names is None:
        return
    names, readers = header.names, header.readers
    if stream.offset < header.end:
        stream.go_to(header.end)
    lines = CsvLines(io.BufferedReader(stream, BLOCK), stream.offset)
    rows = csv.reader(lines, delimiter=header.delimiter, strict=True)
    while True:
        place = lines.next_row()
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            lines.put_back()  # an open quote must not swallow the rows behind it
            yield Malformed(str(error), "not CSV: %s" % error), None, lines.taken, [place, lines.offset - place]
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
            yield None, {name: read(text) for name, read, text in zip(names, readers, row)}, raw, place


class CsvHeader:
    """The first row of a file: how its cells are told apart, the columns, and where the rows begin."""

    def __init__(self, item, schema):
        self.names = None
        stream = Stream(item)
        try:
            self.read(io.BufferedReader(stream, BLOCK), schema)
        finally:
            stream.close()

    def read(self, file, schema):
        offset = len(file.read(len(BOM))) if file.peek(len(BOM)).startswith(BOM) else 0
        lines = CsvLines(file, offset)
        self.delimiter = sniff_delimiter(lines)
        try:
            for row in csv.reader(lines, delimiter=self.delimiter, strict=True):
                if len(row) > 1 or b"".join(lines.taken).strip():
                    self.names, self.readers = csv_header(row, schema)
                    self.end = lines.offset
                    return
        except csv.Error as error:
            raise JobError("read", "the header of the CSV input cannot be read: %s" % error)


class CsvLines:
    """Feed ``csv.reader`` with lines; those of the row at hand are in ``taken``, its flaw in ``flaw``."""

    def __init__(self, lines, offset):
        self.lines, self.offset = lines, offset
        self.again = []  # lines to be read once more, the next one last; ``offset`` is where it begins
        self.taken = []
        self.flaw = None

    def __iter__(self):
        return self

    def next_row(self):
        """Return where the next row begins."""
        self.taken, self.flaw = [], None
        return self.offset

    def put_back(self):
        """Have all lines of the row at hand read again but the first."""
        self.again += reversed(self.taken[1:])
        self.offset -= sum(map(len, self.taken[1:]))
        del self.taken[1:]

    def __next__(self):
        line = self.again.pop() if self.again else next(self.lines)
        self.offset += len(line)
        self.taken.append(line)
        if len(self.taken) > ROW_LINES:
            raise csv.Error("a quoted cell does not end")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            self.flaw = "not UTF-8 at byte %d" % (error.start + 1)
            text = line.decode("utf-8", "replace")
        if "\0" in text:
            self.flaw = "a NUL character"
            text = text.replace("\0", "")
        return text


def sniff_delimiter(lines):
    """Comma; semicolon or tab where the header has that one and no comma."""
    for line in lines.lines:
        if line.strip():
            lines.again.append(line)
            header = re.sub(rb'"[^"]*"', b"", line)
            found = [mark for mark in (b",", b";", b"\t") if mark in header]
            return found[0].decode() if len(found) == 1 else ","
        lines.offset += len(line)
    return ","


def csv_header(row, schema):
    """Return the names of the columns, told apart as pandas does, and what reads their cells."""
    fields = {}
    if isinstance(schema, dict) and isinstance(schema.get("fields"), list):
        fields = {field.get("name"): field.get("type") for field in schema["fields"] if isinstance(field, dict)}
    if fields and len(fields) == len(row) and not set(row) & set(fields):
        row = list(fields)  # the header speaks another language: the schema's names go first (spec 2.1)
    names = []
    for number, name in enumerate(row):
        name = unique = name or "Unnamed: %d" % number
        copy = 0
        while unique in names:
            copy += 1
            unique = "%s.%d" % (name, copy)
        names.append(unique)
    return names, [cell_reader(fields[name]) if name in fields else read_cell for name in names]
