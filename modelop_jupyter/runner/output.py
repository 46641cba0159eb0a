"""Where a batch's output records go."""

import csv
import io
import json
import os

from .encoding import to_json
from .files import Appender
from .forms import Unwritable, frame_rows
from .schema import schema_of

MUCH = 1 << 16  # bytes of documents that wait to be settled


class Output:
    """Where a batch's output records go: made JSON, checked, written. What is refused waits in ``refused``.

    ``fresh`` are documents of the records at hand as the codec has made them, which may not be right yet.
    """

    def __init__(self, request, journal, codec):
        path, slots = request["output"]["path"], request["slots"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.journal, self.codec = journal, codec
        self.file = Appender(path, 0 if request.get("resume") else os.O_TRUNC)
        journal.output = self
        self.rows = CsvRows() if request["output"]["format"] == "csv" else None
        self.line = self.rows.line if self.rows else json_line
        slot = min([int(number) for number in slots if int(number) % 2] or [1])
        self.check = schema_of(request, slot, "output")
        has_sets = slots.get(str(slot), {}).get("recordsets")
        self.write = self.write_rows if has_sets else self.write_one
        self.is_plain = not (self.rows or self.check or has_sets)  # the codec's documents can be taken as they are
        self.refused = []  # (stage, message, reason for the log) of the call at hand
        self.fresh = bytearray()
        self.spilled = None  # where the output of the call at hand begins, if some of it is settled

    def write_one(self, value):
        try:
            document = to_json(value)
            problem = self.check and check_safely(self.check, json.loads(document.decode("utf-8")))
            if problem:
                self.refused.append(("output schema", problem[0] + problem[1], problem[0]))
                return
            line = self.line(document)
        except Unwritable as error:
            self.refused.append(("output encoding", error.message, error.reason))
            return
        self.settle()
        self.file.add(line)
        self.journal.records_out += 1

    def write_rows(self, value):
        """Write the rows of a frame, series or matrix as records (13.10), anything else as one."""
        rows = [value]
        library = type(value).__module__.partition(".")[0]
        if library == "pandas" and hasattr(value, "columns"):
            rows = frame_rows(value)
        elif library in ("pandas", "numpy") and getattr(value, "ndim", 0):
            rows = list(value) if value.dtype.kind in "mM" else value.tolist()
        for row in rows:
            self.write_one(row)

    def settle(self, size=None):
        """Pass fresh documents on to the file, as they are to be: so many bytes of them, all unless said."""
        if self.fresh:
            data = self.codec.settled(bytes(self.fresh[:size]))
            del self.fresh[:size]
            self.journal.records_out += data.count(b"\n")
            self.file.add(data)

    def spill(self, mark):
        """Settle what a call has written so far, which began at a mark in ``fresh``."""
        if self.spilled is None:
            self.settle(mark)
            self.spilled = self.file.total
        self.settle()

    def span(self, mark):
        """Return where the output of the call that began at a mark stands."""
        self.spill(mark)
        start, self.spilled = self.spilled, None
        return [start, self.file.total]

    def here(self):
        """Return the span of a record that writes nothing."""
        return self.span(len(self.fresh))

    def flush(self):
        self.settle()
        self.file.flush()


def json_line(document):
    return document + b"\n"


def check_safely(check, value):
    try:
        return check(value)
    except RecursionError:
        return "nested too deep", ""


class CsvRows:
    """RFC 4180 rows; the first record names the columns, missing and null fields are empty cells."""

    def __init__(self):
        self.names = None
        self.text = io.StringIO(newline="")
        self.writer = csv.writer(self.text, lineterminator="\r\n")

    def line(self, document):
        record = json.loads(document.decode("utf-8"))
        if type(record) is not dict or not record:
            raise Unwritable("a row of CSV must be an object with fields")
        first = self.names is None
        names = list(record) if first else self.names
        extra = record.keys() - names  # one pass, as there may be a hundred thousand
        if extra:
            raise Unwritable("%d fields that the header does not have" % len(extra))
        try:
            if first:
                self.writer.writerow(names)
            self.writer.writerow([self.cell(record.get(name)) for name in names])
            data = self.text.getvalue().encode("utf-8")
        except (csv.Error, UnicodeEncodeError):
            raise Unwritable("text that CSV cannot hold")
        finally:
            self.text.seek(0)
            self.text.truncate()
        self.names = names
        return data

    @staticmethod
    def cell(value):
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False)
