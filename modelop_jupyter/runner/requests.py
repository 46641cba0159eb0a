"""Answer the requests of a deployment: one record after the other, over a connection to its server.

The server hands over one end of a socket. What goes through it is framed: a header, and so many
bytes. ``modelop_jupyter/deployments/frames.py`` is the other side.

    from the server   slot, length   the JSON text of one record of an input slot; of a slot that takes
                                     record sets, that of a set: an array of records
    to the server     "R", 0         once, when ``init`` is done
                      "O", slot      lines of JSON that the record has given for an output slot
                      "P", 0         what was wrong with the record, as a line of errors.jsonl; of a
                                     set, a line for each bad record, whose index is that in the set
                      "E", 0         the end of the answer to a record

The server waits for the end of an answer before it sends the next record. It closes the socket to
end the process.
"""

import json
import os
import struct

from .batch import BatchInput
from .files import protect_descriptor
from .frames import import_pandas, record_set
from .json_lines import count_line_problem, line_scorer
from .json_reader import WHITESPACE, malformed_json, parse_json
from .output import Output
from .record_loop import SETS, RecordCalls
from .record_problems import InputRecord, ProblemCounter
from .schema import check_safely
from .termination import Termination, exit_if_forked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .journal import Journal
    from .json_lines import RecordProblem
    from .protocol import Codec, Request

VARIABLE = "MODELOP_REQUESTS"  # the number of the socket's descriptor
RECORD = struct.Struct("<BI")
ANSWER = struct.Struct("<cBI")
READY, OUTPUT, PROBLEM, END = b"R", b"O", b"P", b"E"
FIRST_OUTPUT = 1
PART = 1 << 16  # bytes that are read at once


class Connection:
    """The runner's end of the socket, which no process that the model starts keeps open."""

    def __init__(self) -> None:
        self.descriptor = protect_descriptor(int(os.environ.pop(VARIABLE)))

    def read(self) -> "tuple[int, bytes] | None":
        """Wait for a record; return its slot and text, None when the server has closed the socket."""
        # Whatever there is: nothing follows a record before its answer.
        data = self._read(bytearray(), RECORD.size)
        if data is None:
            return None
        slot, size = RECORD.unpack_from(data)
        data = self._read(data, RECORD.size + size)
        return None if data is None else (slot, bytes(data[RECORD.size :]))

    def _read(self, data: bytearray, size: int) -> "bytearray | None":
        """Add to ``data`` until it has so many bytes: a record of megabytes comes in many pieces."""
        while len(data) < size:
            try:
                part = os.read(self.descriptor, max(PART, size - len(data)))
            except OSError:
                return None
            if not part:
                return None
            data += part
        return data

    def write(self, data: bytes) -> None:
        exit_if_forked()
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]


class Lines:
    """What a record writes, in memory: it stands where a batch has a file that is appended to."""

    def __init__(self, _path: str = "", _flags: int = 0) -> None:
        """Take what an Appender does, and open nothing."""
        self.parts: list[bytes] = []
        self.total = 0

    def add(self, data: bytes) -> None:
        self.parts.append(data)
        self.total += len(data)

    def flush(self) -> None:
        """Do nothing: the answer is sent as a whole."""

    def take(self) -> bytes:
        data = b"".join(self.parts)
        del self.parts[:]
        return data


class RequestLoop:
    """Scores the records of requests, each as a batch would score it as a line of its own."""

    def __init__(
        self,
        request: "Request",
        journal: "Journal",
        codec: "Codec",
        module: "ModuleType",
        connection: Connection,
    ) -> None:
        self.journal, self.codec, self.connection = journal, codec, connection
        self.problems_of_record = Lines()
        # The server keeps the last ones; a file would grow as long as the deployment runs.
        journal.errors = self.problems_of_record  # type: ignore[assignment]
        self.output = Output(request, journal, codec, Lines)
        others = self.output.others.items()
        self.lines: dict[int, Lines] = {FIRST_OUTPUT: self.output.file}
        self.lines.update({slot: other.file for slot, other in others})
        self.problems = ProblemCounter(request["work"], journal, self.output)
        numbers = range(len(request["inputs"]))
        self.sources = {
            source.slot: source
            for source in (BatchInput(request, module, number) for number in numbers)
        }
        current = journal.current_record
        self.scorers = {
            slot: line_scorer(source, self.output, codec, current)
            for slot, source in self.sources.items()
        }
        self.sets = {
            slot: RecordCalls(source, journal, self.output, self.problems)
            for slot, source in self.sources.items()
            if source.takes_sets
        }
        if self.sets:
            import_pandas(SETS)  # a model without it is not ready
        self.index = 0

    def run(self) -> None:
        """Answer records until the server closes the connection."""
        self.connection.write(ANSWER.pack(READY, 0, 0))
        record = self.connection.read()
        while record is not None:
            self.connection.write(self._answer(*record))
            record = self.connection.read()

    def _answer(self, slot: int, text: bytes) -> bytes:
        if slot in self.sets:
            self._score_set(self.sets[slot], text.strip(WHITESPACE))
        else:
            self._score(slot, text)
        self.output.commit()
        answer = b""
        for number, lines in self.lines.items():
            data = lines.take()
            if data:
                answer += ANSWER.pack(OUTPUT, number, len(data)) + data
        problems = self.problems_of_record.take()
        if problems:
            answer += ANSWER.pack(PROBLEM, 0, len(problems)) + problems
            self.journal.events.flush()
        return answer + ANSWER.pack(END, 0, 0)

    def _score(self, slot: int, text: bytes) -> None:
        current, index = self.journal.current_record, self.index
        current[0], current[1], current[2] = slot, index, 1
        Termination.in_model = True
        try:
            _, problem = self.scorers[slot](iter((text,)), self.codec.reader(text), index)
        finally:
            Termination.in_model = False
        current[2] = 0
        self.index = index + 1
        self.journal.records_in += 1
        if problem is not None:
            self._count(slot, text, problem)

    def _score_set(self, calls: RecordCalls, text: bytes) -> None:
        """Score the records of an array, or one that is none, in one call, as a batch of these."""
        source, current = calls.source, self.journal.current_record
        current[0], current[1] = source.slot, self.index
        try:
            value = parse_json(text.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            self.index += 1
            self.journal.records_in += 1
            self.problems.count_malformed(source, InputRecord(0, text), malformed_json(error, text))
            return
        records = value if type(value) is list else [value]
        good: list[Any] = []
        for place, record in enumerate(records):
            mismatch = check_safely(source.check, record) if source.check else None
            if mismatch:
                raw = json.dumps(record)
                self.problems.count_mismatch(source, InputRecord(place, raw), mismatch)
            else:
                good.append(record)
        if good or not records:
            values = record_set(import_pandas(SETS), good)
            calls.score(InputRecord(0, None), values, len(good))
        self.index += len(records)
        self.journal.records_in += len(records)

    def _count(self, slot: int, text: bytes, problem: "RecordProblem") -> None:
        record = InputRecord(self.index - 1, text.strip(WHITESPACE))
        record.output_span = self.output.end_call(problem.mark)
        count_line_problem(self.problems, self.sources[slot], record, problem)


def answer_requests(
    request: "Request", journal: "Journal", codec: "Codec", module: "ModuleType"
) -> None:
    """Answer the requests of the server that has started this process."""
    RequestLoop(request, journal, codec, module, Connection()).run()
