"""Where a batch's output records go."""

import csv
import io
import json
import os

from .encoding import to_json
from .files import Appender
from .forms import Unwritable, frame_rows
from .schema import schema_of

ITS_OWN = object()  # the check of the first slot
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
        self.rows = None
        if request["output"]["format"] == "csv":
            self.rows = CsvRows(request["output"].get("delimiter", ","))
        self.line = self.rows.line if self.rows else json_line
        declared = sorted(int(number) for number in slots if int(number) % 2)
        slot = declared[0] if declared else 1
        self.checks = {each: schema_of(request, each, "output") for each in {1} | set(declared)}
        self.sets = {each for each in self.checks if slots.get(str(each), {}).get("recordsets")}
        self.check = self.checks[slot]
        self.others = {each["slot"]: OtherOutput(each) for each in request.get("other_outputs") or ()}
        self.write = self.write_rows if slot in self.sets else self.write_one
        # The codec's documents can be taken as they are.
        self.is_plain = not (self.rows or self.check or slot in self.sets)
        self.refused = []  # (stage, message, reason for the log) of the call at hand
        self.fresh = bytearray()
        self.spilled = None  # where the output of the call at hand begins, if some of it is settled

    def slot_of(self, value):
        """Return the slot that a yielded value names: of a pair of an odd slot in use and a record (13.18)."""
        if type(value) is tuple and len(value) == 2 and type(value[0]) is int and value[0] in self.checks:
            return value[0]
        return None

    def write_yielded(self, value):
        """Write what a function yields: a record, or a slot and its record."""
        slot = self.slot_of(value)
        if slot is None:
            self.write(value)
        else:
            self.write_to(slot, value[1])

    def write_to(self, slot, value):
        """Write a record, or those of a record set, to a slot: where that has no file, with all others."""
        other = self.others.get(slot)
        for one in rows_of(value) if slot in self.sets else (value,):
            self.write_one(one, self.checks[slot], other)

    def write_one(self, value, check=ITS_OWN, other=None):
        check = self.check if check is ITS_OWN else check
        try:
            document = to_json(value)
            problem = check and check_safely(check, json.loads(document.decode("utf-8")))
            if problem:
                self.refused.append(("output schema", problem[0] + problem[1], problem[0]))
                return
            line = (other or self).line(document)
        except Unwritable as error:
            self.refused.append(("output encoding", error.message, error.reason))
            return
        if other:
            other.file.add(line)
        else:
            self.settle()
            self.file.add(line)
        self.journal.records_out += 1

    def write_rows(self, value):
        for row in rows_of(value):
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
        for other in self.others.values():
            other.file.flush()


class OtherOutput:
    """The file of another output slot than the first."""

    def __init__(self, told):
        self.file = Appender(told["path"], os.O_TRUNC)
        self.line = json_line
        if told["format"] == "csv":
            self.line = CsvRows(told.get("delimiter", ",")).line


def rows_of(value):
    """Return the rows of a frame, series or matrix (13.10); anything else is one."""
    library = type(value).__module__.partition(".")[0]
    if library == "pandas" and hasattr(value, "columns"):
        return frame_rows(value)
    if library in ("pandas", "numpy") and getattr(value, "ndim", 0):
        return list(value) if value.dtype.kind in "mM" else value.tolist()
    return [value]


def json_line(document):
    return document + b"\n"


def check_safely(check, value):
    try:
        return check(value)
    except RecursionError:
        return "nested too deep", ""


class CsvRows:
    """RFC 4180 rows; the first record names the columns, missing and null fields are empty cells."""

    def __init__(self, delimiter):
        self.names = None
        self.text = io.StringIO(newline="")
        self.writer = csv.writer(self.text, delimiter=delimiter, lineterminator="\r\n")

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
