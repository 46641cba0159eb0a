"""The rows of a CSV file (13.7)."""

import csv
import re

from .cells import cell_reader, read_cell
from .errors import JobError
from .malformed import Malformed

ROW_LINES = 10000  # a quoted CSV field that spans more lines than this was never closed


def csv_records(stream, schema):
    """Yield a dict per row by RFC 4180; rows with too few or too many cells are rejected (13.7)."""
    csv.field_size_limit(2**31 - 1)
    lines = CsvLines(stream)
    names = readers = None
    rows = csv.reader(lines, delimiter=sniff_delimiter(lines), strict=True)
    while True:
        del lines.taken[:]
        lines.flaw = None
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            if names is None:
                raise JobError("read", "the header of the CSV input cannot be read: %s" % error)
            lines.again += reversed(lines.taken[1:])  # an open quote must not swallow the rows behind it
            yield Malformed(str(error), "not CSV: %s" % error), None, lines.taken[:1]
            continue
        if len(row) < 2 and not b"".join(lines.taken).strip():
            continue
        if names is None:
            names, readers = csv_header(row, schema)
        elif lines.flaw:
            yield Malformed(lines.flaw, lines.flaw), None, lines.taken
        elif len(row) != len(names):
            said = "%d cells where the header has %d" % (len(row), len(names))
            yield Malformed(said, said), None, lines.taken
        else:
            yield None, {name: read(text) for name, read, text in zip(names, readers, row)}, lines.taken


class CsvLines:
    """Feed ``csv.reader`` with lines; those of the row at hand are in ``taken``, its flaw in ``flaw``."""

    def __init__(self, lines):
        self.lines = lines
        self.again = []  # lines to be read once more, the next one last
        self.taken = []
        self.flaw = None

    def __iter__(self):
        return self

    def __next__(self):
        line = self.again.pop() if self.again else next(self.lines)
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
