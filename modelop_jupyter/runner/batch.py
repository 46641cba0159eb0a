"""Score the records of all inputs of a batch, whatever they hold."""

import bisect
import os
import struct
import time

from .checked_calls import CheckedCalls
from .checkpoint import CheckpointWriter
from .errors import StageError
from .files import Appender
from .functions import find_function, score_arity
from .input_stream import InputStream
from .journal import size_of
from .json_lines import JsonLinesLoop
from .output import Output
from .record_loop import RecordLoop
from .record_problems import ProblemCounter
from .retries import Retries
from .slot_checks import slot_check
from .termination import Terminated, Termination

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, Literal

    from .journal import Journal
    from .protocol import Codec, InputFile, Request

EAGER_RECORDS = 1000  # written at once, so that a short job that dies has lost nothing
PERCENT_AFTER = 100  # records before --max-errors P% is judged


class BatchInput:
    """One input of a batch and the function that scores its records.

    ``files`` are what it is read from: the ``whole`` input, or each of its files. ``item`` is the one
    at hand.
    """

    def __init__(self, request: "Request", module: "ModuleType", number: int) -> None:
        item = request["inputs"][number]
        slot = request["slots"].get(str(item["slot"]), {})
        name = slot.get("action") or request["entry_points"].get("score")
        if name in ("unused", "none"):
            number = item["slot"]
            message = f"slot {number}: models that read their Slot themselves are not supported"
            raise StageError("import", message)
        self.number, self.item, self.slot = number, item, item["slot"]
        self.whole, self.files = item, files_of(item)
        self.function = find_function(module, name, "score")
        self.arity = score_arity(self.function, f"the score function {name!r}")
        self.schema, self.check = slot.get("schema"), slot_check(request, item["slot"], "input")
        self.takes_sets = bool(slot.get("recordsets"))

    def function_of_record(self, current: "memoryview[int]") -> "Callable[[Any], Any]":
        """Return a function of the record alone that also passes the slot and the sequence number.

        The sequence number is that of the record in ``current``, which is
        ``Journal.current_record``.
        """
        function, slot, arity = self.function, self.slot, self.arity
        if arity == 1:
            return function
        return lambda value: function(*(value, slot, current[1] + 1)[:arity])


def files_of(item: "InputFile") -> "list[InputFile]":
    """Return an input that is several files as one input for each of them."""
    files: list[InputFile] = []
    for file in item.get("files") or ():
        one: Any = dict(item)
        one.update(file)
        files.append(one)
    return files or [item]


class Batch:
    """Scores all inputs of a batch, one after the other.

    ``stopped_early`` is "limit" or "max_errors" where a batch ends before its inputs do.
    ``skipped`` are records, by their index, that the host wants counted as failed without another
    try.
    """

    def __init__(self, request: "Request", journal: "Journal", codec: "Codec") -> None:
        self.request, self.journal, self.codec = request, journal, codec
        self.limit, self.max_errors = request.get("limit"), request.get("max_errors")
        # The key keeps its name: supervisors of earlier releases write it.
        skipped = request.get("doomed") or {}
        self.skipped = {int(index): record for index, record in skipped.items()}
        self.skipped_indices = sorted(self.skipped)
        self.output = Output(request, journal, self.codec)
        self.checkpoint: CheckpointWriter | None = None
        if CheckpointWriter.is_possible(request):
            self.checkpoint = CheckpointWriter(request, journal, self.output)
        self.problems = ProblemCounter(request["work"], journal, self.output)
        policy = request.get("retry")
        self.retries = Retries(policy, journal, self.output) if policy else None
        if self.retries and self.checkpoint:
            self.checkpoint.restore_tries()
        if journal.printed and self.checkpoint:
            journal.printed.take_up(self.checkpoint.index, self.skipped)
        self.output_ends = open_output_ends(request, journal, self.checkpoint)
        self.stopped_early: Literal["limit", "max_errors", False] = False

    def run(self, module: "ModuleType") -> None:
        numbers = range(len(self.request["inputs"]))
        sources = [BatchInput(self.request, module, number) for number in numbers]
        for source in sources:
            if self.stopped_early != "max_errors":
                self._score_input(source)

    def _score_input(self, source: BatchInput) -> None:
        """Score an input, its range of it, or what a checkpoint leaves of it.

        The records of several files are counted on: an index means one record of the input.
        """
        journal = self.journal
        index = first = 0
        offset: int | None = None
        if self.checkpoint and self.checkpoint.offset is not None:
            offset, index, first = (
                self.checkpoint.offset,
                self.checkpoint.index,
                self.checkpoint.file,
            )
            # What an earlier runner has read counts, too.
            journal.bytes_done += size_of(source.files[:first], None) or 0
        current = journal.current_record
        current[0], current[1], current[2] = source.number, index - 1, 0
        before = dict(journal.stages) if source.number else {}
        values: list[Any] = []  # of a record set
        try:
            for number in range(first, len(source.files)):
                source.item = source.files[number]
                if self.checkpoint:
                    self.checkpoint.file = number
                loop = self._score_file(source, offset, index, values)
                index, offset = loop.index, None
                if self.stopped_early == "max_errors" or (
                    self.stopped_early and self.limit == index
                ):
                    break
            if source.takes_sets and isinstance(loop, RecordLoop):
                loop.score_set(values)
        finally:
            for stage in ("input encoding", "input schema"):
                count = journal.stages.get(stage, 0) - before.get(stage, 0)
                if count:
                    text = f"{count} input record(s) rejected by {stage.split()[1]}"
                    journal.log("error", text)

    def _score_file(
        self, source: BatchInput, offset: "int | None", index: int, values: "list[Any]"
    ) -> "JsonLinesLoop | RecordLoop":
        """Score the records of a file, the first of which has an index; return the loop.

        ``offset`` is where a checkpoint says to go on. Records of a set are only added to ``values``.
        """
        journal, part = self.journal, self.request.get("range")
        begin, end = (part["start"], part["end"]) if part else (0, None)
        member = part.get("member") if part else None
        stream = InputStream(source.item, begin if offset is None else offset, end, member)
        stream.begin = begin
        journal.bytes_read = lambda: stream.progress(stream.offset)
        try:
            loop: JsonLinesLoop | RecordLoop
            if source.takes_sets:
                loop = RecordLoop(self, source, stream, index)
                loop.read_set(values)
            elif self.request.get("check"):
                loop = CheckedCalls(self, source, stream, index)
                loop.score_each()
            elif source.item["format"] in ("csv", "text"):
                loop = RecordLoop(self, source, stream, index)
                loop.score_each()
            else:
                loop = JsonLinesLoop(self, source, stream, index)
                loop.run()
        finally:
            journal.bytes_done += journal.bytes_read()
            journal.bytes_read = lambda: 0
            stream.close()
        return loop

    def records_in_a_row(self, index: int, lines: int) -> int:
        """Return how many of some lines may be scored without a pause, from a record on."""
        if self.journal.records_in < EAGER_RECORDS or self.output_ends:
            lines = 1
        if self.limit is not None:
            lines = min(lines, self.limit - index)
        if self.skipped_indices:
            place = bisect.bisect_left(self.skipped_indices, index)
            if place < len(self.skipped_indices):
                lines = min(lines, self.skipped_indices[place] - index)
        return lines

    def is_beyond_limit(self, index: int) -> bool:
        """Say whether a record is beyond the limit; the batch then ends."""
        if self.limit is None or index < self.limit:
            return False
        self.stopped_early = "limit"
        return True

    def advance(self, records: int, offset: int, index: int) -> bool:
        """Count records that were begun, write what is due, return whether to stop.

        The next record begins at ``offset`` and has the number ``index``. Raises Terminated after
        SIGTERM.
        """
        journal = self.journal
        journal.records_in += records
        if self.output_ends and records:
            self.output.commit()
            self.output_ends.add(struct.pack("=q", self.output.file.total))
            self.output_ends.flush()
        if Termination.requested:
            raise Terminated()
        now = time.monotonic()
        if now >= journal.next_report or journal.records_in <= EAGER_RECORDS:
            journal.report(now)
        if self.checkpoint and now >= self.checkpoint.next_save:
            self.checkpoint.save(offset, index)
        if self._has_too_many_errors():
            self.stopped_early = "max_errors"
            return True
        return False

    def _has_too_many_errors(self) -> bool:
        """Say whether more records are rejected or failed than ``--max-errors`` allows."""
        bad, records = self.journal.rejected + self.journal.failed, self.journal.records_in
        if not bad or not self.max_errors:
            return False
        if "count" in self.max_errors:
            return bad > self.max_errors["count"]
        return records >= PERCENT_AFTER and bad * 100.0 > self.max_errors["percent"] * records


def open_output_ends(
    request: "Request", journal: "Journal", checkpoint: "CheckpointWriter | None"
) -> "Appender | None":
    """Return spans.bin, which holds the byte of the output at which each record ends.

    It is None where the request does not ask for it.
    """
    if not request.get("spans"):
        return None
    ends = Appender(os.path.join(journal.folder, "spans.bin"), 0)
    ends.truncate(8 * (checkpoint.index if checkpoint else 0))
    return ends
