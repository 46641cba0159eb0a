"""Where a batch's output records go: made JSON, checked, written to the file of their slot."""

import csv
import io
import json
import os

from .files import Appender
from .json_writer import UnwritableError, frame_rows, to_json
from .schema import check_safely
from .slot_checks import slot_check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .journal import Journal
    from .protocol import Check, Codec, Request, SlotOutput

FIRST_SLOT: "Any" = object()  # stands for the check of the first output slot
COMMIT_BYTES = 1 << 16  # of pending documents


class Output:
    """The output of a batch.

    ``pending`` are documents of the latest records as the codec has made them; ``commit``
    normalizes them and passes them on to the file. A *call* is one call of the model's function:
    ``call_start`` is where its output begins in the file, None while none of it is committed.
    ``open_file`` opens the file of a slot as an Appender is made. With ``notes_calls``, what a call has
    written can be undone. ``refused`` holds (stage, message, reason for the log) of each value of the call that cannot be
    written.
    """

    def __init__(
        self,
        request: "Request",
        journal: "Journal",
        codec: "Codec",
        open_file: "Callable[[str, int], Any]" = Appender,
    ) -> None:
        path, slots = request["output"]["path"], request["slots"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.journal, self.codec = journal, codec
        self.file = open_file(path, 0 if request.get("resume") else os.O_TRUNC)
        journal.output = self
        self.rows: CsvRows | None = None
        declared = sorted(int(number) for number in slots if int(number) % 2)
        first = declared[0] if declared else 1
        if request["output"]["format"] == "csv":
            names = field_names(request, first)
            self.rows = CsvRows(request["output"].get("delimiter", ","), names)
        self.line: Callable[[bytes], bytes] = self.row_line if self.rows else json_line
        self.checks = {slot: slot_check(request, slot, "output") for slot in {1} | set(declared)}
        self.set_slots = {
            slot for slot in self.checks if slots.get(str(slot), {}).get("recordsets")
        }
        self.check = self.checks[first]
        others = request.get("other_outputs") or ()
        self.others = {output["slot"]: OtherOutput(request, output, open_file) for output in others}
        is_set = first in self.set_slots
        self.write: Callable[[Any], None] = self.write_rows if is_set else self.write_one
        # Whether a document of the codec's is a line of the file as it is.
        self.takes_documents = not (self.rows or self.check or is_set)
        self.refused: list[tuple[str, str, str]] = []
        self.pending = bytearray()
        self.call_start: int | None = None
        self.notes_calls = False
        self.state_before: WrittenState | None = None

    def slot_of(self, value: "Any") -> "int | None":
        """Return the slot of a pair of an odd slot in use and a record, else None (spec 13.18)."""
        if type(value) is tuple and len(value) == 2 and type(value[0]) is int:
            slot = value[0]
            return slot if slot in self.checks else None
        return None

    def write_yielded(self, value: "Any") -> None:
        """Write what a function yields: a record, or a slot and its record."""
        slot = self.slot_of(value)
        if slot is None:
            self.write(value)
        else:
            self.write_to(slot, value[1])

    def write_to(self, slot: int, value: "Any") -> None:
        """Write a record or a record set to a slot; one without a file goes to the first file."""
        other = self.others.get(slot)
        for record in rows_of(value) if slot in self.set_slots else (value,):
            self.write_one(record, self.checks[slot], other)

    def write_one(
        self,
        value: "Any",
        check: "Check | None" = FIRST_SLOT,
        other: "OtherOutput | None" = None,
    ) -> None:
        check = self.check if check is FIRST_SLOT else check
        try:
            document = to_json(value)
            mismatch = check and check_safely(check, json.loads(document.decode("utf-8")))
            if mismatch:
                self.refused.append(("output schema", mismatch[0] + mismatch[1], mismatch[0]))
                return
            line = (other or self).line(document)
        except UnwritableError as error:
            self.refused.append(("output encoding", error.message, error.reason))
            return
        if other:
            other.file.add(line)
        else:
            self.commit()
            self.file.add(line)
        self.journal.records_out += 1

    def row_line(self, document: bytes) -> bytes:
        """Return a row of CSV, and keep which record has named its columns."""
        rows: Any = self.rows
        line: bytes = rows.line(document)
        if rows.header_record is None:
            rows.header_record = self.journal.current_record[1]
        return line

    def write_rows(self, value: "Any") -> None:
        for row in rows_of(value):
            self.write_one(row)

    def commit(self, size: "int | None" = None) -> None:
        """Pass pending documents on to the file: so many bytes of them, or all."""
        if self.pending:
            documents = self.codec.normalize(bytes(self.pending[:size]))
            del self.pending[:size]
            self.journal.records_out += documents.count(b"\n")
            self.file.add(documents)

    def commit_call(self, mark: int) -> None:
        """Commit what a call has written so far; its pending output began at ``mark``."""
        if self.call_start is None:
            self.commit(mark)
            self.call_start = self.file.total
            if self.notes_calls:
                self.state_before = WrittenState(self)
        self.commit()

    def end_call(self, mark: int) -> "list[int]":
        """Commit the output of a call, and return where it stands in the file: [start, end]."""
        self.commit_call(mark)
        start, self.call_start = self.call_start, None
        return [start, self.file.total]

    def undo_call(self, mark: int) -> None:
        """Drop all that a call has written, as if there had been none; needs ``notes_calls``."""
        del self.refused[:]
        if self.call_start is None:
            del self.pending[mark:]
            return
        del self.pending[:]  # what was there before the call is committed
        if self.state_before is not None:
            self.state_before.restore(self)
        self.call_start = None

    def empty_span(self) -> "list[int]":
        """Return [start, end] of a record that writes nothing."""
        return self.end_call(len(self.pending))

    def flush(self) -> None:
        self.commit()
        self.file.flush()
        for other in self.others.values():
            other.file.flush()


class WrittenState:
    """How much was written before a call, in all slots, and which columns CSV had."""

    def __init__(self, output: Output) -> None:
        self.total, self.records_out = output.file.total, output.journal.records_out
        self.rows = output.rows.state if output.rows else None
        self.others = [
            (other, other.file.total, other.rows.state if other.rows else None)
            for other in output.others.values()
        ]

    def restore(self, output: Output) -> None:
        output.journal.records_out = self.records_out
        output.file.cut(self.total)
        if output.rows and self.rows:
            output.rows.state = self.rows
        for other, total, rows in self.others:
            other.file.cut(total)
            if other.rows and rows:
                other.rows.state = rows


class OtherOutput:
    """The file of a further output slot."""

    def __init__(
        self, request: "Request", output: "SlotOutput", open_file: "Callable[[str, int], Any]"
    ) -> None:
        self.file = open_file(output["path"], os.O_TRUNC)
        self.rows: CsvRows | None = None
        if output["format"] == "csv":
            names = field_names(request, output["slot"])
            self.rows = CsvRows(output.get("delimiter", ","), names)
        self.line: Callable[[bytes], bytes] = self.rows.line if self.rows else json_line


def field_names(request: "Request", slot: int) -> "list[str]":
    """Return the fields that a slot's schema of a record has; none without such a schema."""
    schema = request["slots"].get(str(slot), {}).get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
        return []
    return [str(field.get("name")) for field in fields]


def rows_of(value: "Any") -> "list[Any]":
    """Return the rows of a frame, series or matrix (spec 13.10); anything else is one."""
    library = type(value).__module__.partition(".")[0]
    if library == "pandas" and hasattr(value, "columns"):
        return frame_rows(value)
    if library in ("pandas", "numpy") and getattr(value, "ndim", None):
        return list(value) if value.dtype.kind in "mM" else value.tolist()
    return [value]


def json_line(document: bytes) -> bytes:
    return document + b"\n"


class CsvRows:
    """RFC 4180 rows; missing and null fields are empty.

    The columns are ``known`` from a schema, unless the first record has others: then that names them.
    ``header_record`` is the index of the input's record that has written the first row.
    """

    def __init__(self, delimiter: str, known: "list[str]") -> None:
        self.known = known
        self.names: list[str] | None = None
        self.header_record: int | None = None
        self.text = io.StringIO(newline="")
        self.writer = csv.writer(self.text, delimiter=delimiter, lineterminator="\r\n")

    @property
    def state(self) -> "tuple[list[str] | None, int | None]":
        """The columns that are in the file, and the record that has named them."""
        return self.names, self.header_record

    @state.setter
    def state(self, state: "tuple[list[str] | None, int | None]") -> None:
        self.names, self.header_record = state

    def line(self, document: bytes) -> bytes:
        """Return a row; raises UnwritableError for a record that fits no row of this file."""
        record = json.loads(document.decode("utf-8"))
        if type(record) is not dict or not record:
            raise UnwritableError("a row of CSV must be an object with fields")
        first = self.names is None
        names = self.names
        if names is None:
            names = list(record) if record.keys() - self.known else self.known
        extra = record.keys() - names  # one pass, as there may be a hundred thousand
        if extra:
            raise UnwritableError(f"{len(extra)} fields that the header does not have")
        try:
            if first:
                self.writer.writerow(names)
            self.writer.writerow([self.cell(record.get(name)) for name in names])
            data = self.text.getvalue().encode("utf-8")
        except (csv.Error, UnicodeEncodeError) as error:
            raise UnwritableError("text that CSV cannot hold") from error
        finally:
            self.text.seek(0)
            self.text.truncate()
        self.names = names
        return data

    @staticmethod
    def cell(value: "Any") -> "str | None":
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False)
