"""Where a batch's output records go."""

import csv
import io
import json
import os

from .encoding import to_json
from .files import Appender
from .forms import Unwritable
from .schema import schema_of


class Output:
    """Where a batch's output records go: made JSON, checked, written. What is refused waits in ``refused``."""

    def __init__(self, request, journal):
        path, slots = request["output"]["path"], request["slots"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.journal = journal
        self.file = journal.output = Appender(path, os.O_TRUNC)
        self.line = CsvRows().line if request["output"]["format"] == "csv" else json_line
        slot = min([int(number) for number in slots if int(number) % 2] or [1])
        self.check = schema_of(request, slot, "output")
        self.write = self.write_rows if slots.get(str(slot), {}).get("recordsets") else self.write_one
        self.refused = []  # (stage, message, reason for the log) of the call at hand

    def write_one(self, value):
        try:
            document = to_json(value)
            problem = self.check and check_safely(self.check, json.loads(document.decode("utf-8")))
            if problem:
                self.refused.append(("output schema", problem[0] + problem[1], problem[0]))
                return
            data = self.line(document)
        except Unwritable as error:
            self.refused.append(("output encoding", error.message, error.reason))
            return
        self.file.add(data)
        self.journal.records_out += 1

    def write_rows(self, value):
        """Write the rows of a frame, series or matrix as records (13.10), anything else as one."""
        rows = [value]
        library = type(value).__module__.partition(".")[0]
        if library == "pandas" and hasattr(value, "columns"):
            rows = value.to_dict(orient="records")
        elif library in ("pandas", "numpy") and getattr(value, "ndim", 0):
            rows = list(value) if value.dtype.kind in "mM" else value.tolist()
        for row in rows:
            self.write_one(row)


def json_line(document):
    return document + b"\n"


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
        extra = [name for name in record if name not in names]
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


def check_safely(check, value):
    try:
        return check(value)
    except RecursionError:
        return "nested too deep", ""
