"""The loop over JSON lines: bookkeeping is done once for a slice of records, not for each of them."""

import operator
import time
import types

from .errors import CannotWrite
from .functions import GENERATORS
from .input_stream import GZIP_ERRORS, Blocks, malformed_gzip
from .json_reader import WHITESPACE, BlankLineError, malformed_json, read_line
from .json_writer import to_json
from .output import COMMIT_BYTES
from .record_problems import InputRecord
from .schema import check_safely
from .termination import Terminated, Termination

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .batch import Batch, BatchInput
    from .input_stream import InputStream
    from .output import Output
    from .protocol import Codec, Mismatch
    from .record_problems import ProblemCounter
    from .retries import Retries

    Decode = Callable[[bytes], Any]
    # Scores lines from an index on; returns the next index, and the last line's problem if any.
    ScoreLines = Callable[[Iterator[bytes], Decode, int], "tuple[int, RecordProblem | None]"]

MAX_SLICE = 256  # lines between two looks at the clock
SHORT, LONG = 0.001, 0.01  # seconds a slice takes: below it grows, above it becomes one line
MALFORMED, MISMATCH, RAISED, REFUSED = range(4)


class RecordProblem:
    """Why a record is rejected or failed: a kind of problem, and where its pending output begins.

    ``detail`` is a Mismatch for MISMATCH, else the exception; None for REFUSED output. ``tries`` is how
    often the record was tried.
    """

    def __init__(self, kind: int, detail: "Any", mark: int) -> None:
        self.kind, self.detail, self.mark = kind, detail, mark
        self.tries = 1


class SchemaMismatchError(Exception):
    """A record that the schema does not allow; its arguments are those of a Mismatch."""


class StandardCodec:
    """Lines of JSON by the standard library; an accelerator may stand in its place."""

    option: "int | None" = None
    suspect_bytes = b"\xff"  # is in no document

    def reader(self, _text: bytes) -> "Decode":
        """Return what reads the lines of a block."""
        return read_line

    def write(self, value: "Any", _default: None, _option: "int | None") -> bytes:
        return to_json(value) + b"\n"

    def normalize(self, documents: bytes) -> bytes:
        """Return lines of documents as the standard library writes them."""
        return documents


def line_scorer(
    source: "BatchInput", output: "Output", codec: "Codec", current: "memoryview[int]"
) -> "ScoreLines":
    """Return the function that scores lines in a row until one of them is blank or has a problem.

    It gets an iterator of lines, what decodes them, and the first one's index; it returns the next
    index, and the problem if there is one. ``current`` is ``Journal.current_record``.

    Everything that it uses for every record is a local variable: this is the loop that decides how
    long a million records take. A document that the codec makes may be wrong only where it contains
    ``codec.suspect_bytes``; ``Output.write`` then makes it anew.
    """
    generator = types.GeneratorType
    check, refused, pending = source.check, output.refused, output.pending
    suspect = codec.suspect_bytes
    encode: Any = codec.write if output.takes_documents else (lambda *_: suspect)
    option = codec.option if output.takes_documents else None
    suspect_byte = max(suspect)
    write, commit_call = output.write, output.commit_call
    slot_of, write_to = output.slot_of, output.write_to
    function = source.function_of_record(current)

    def score(
        lines: "Iterator[bytes]", decode: "Decode", first: int
    ) -> "tuple[int, RecordProblem | None]":
        nonlocal pending
        read: Decode = decode
        read_again: Decode = read_line
        if check is not None:
            read, read_again = checked(decode, check), checked(read_line, check)
        is_committed = False  # some output of the record at hand is committed, or refused
        for index, line in enumerate(lines, first):
            current[1] = index
            mark = len(pending)
            try:
                value = read(line)
            except Exception:
                try:
                    value = read_again(line)
                except BlankLineError:
                    return index, None
                except SchemaMismatchError as mismatch:
                    return index + 1, RecordProblem(MISMATCH, mismatch.args, mark)
                except (ValueError, RecursionError) as error:
                    return index + 1, RecordProblem(MALFORMED, error, mark)
            try:
                result = function(value)
                kind = type(result)
                yields = True
                if kind is not generator:
                    if result is None:
                        result = ()
                    elif kind is dict or not isinstance(result, GENERATORS):
                        result, yields = (result,), False
                for one in result:
                    if type(one) is tuple and yields and slot_of(one) is not None:
                        commit_call(mark)
                        mark, is_committed = -1, True
                        write_to(*one)
                        continue
                    try:
                        document = encode(one, None, option)
                        # One byte is found sooner than a word, and most documents do not have it.
                        is_good = suspect_byte not in document or document.find(suspect) < 0
                    except Exception:
                        is_good = False
                    if is_good:
                        pending += document
                        if len(pending) < COMMIT_BYTES:
                            continue
                    commit_call(mark)
                    mark, is_committed = -1, True
                    if not is_good:
                        write(one)
            except (Terminated, CannotWrite):
                raise
            except BaseException as error:  # even sys.exit() is a failure of this record only
                return index + 1, RecordProblem(RAISED, error, mark)
            if is_committed:
                if refused:
                    return index + 1, RecordProblem(REFUSED, None, mark)
                output.call_start, is_committed = None, False
        return index + 1, None

    return score


def checked(decode: "Decode", check: "Callable[[Any], Mismatch | None]") -> "Decode":
    """Return what decodes a line and raises SchemaMismatchError where a check refuses it."""

    def read(line: bytes) -> "Any":
        value = decode(line)
        mismatch = check_safely(check, value)
        if mismatch:
            raise SchemaMismatchError(*mismatch)
        return value

    return read


class JsonLinesLoop:
    """Scores one input of JSON lines, in slices of a block of lines."""

    def __init__(
        self, batch: "Batch", source: "BatchInput", stream: "InputStream", index: int
    ) -> None:
        self.batch, self.source, self.index = batch, source, index
        self.journal, self.current = batch.journal, batch.journal.current_record
        self.blocks = Blocks(stream)
        self.score = line_scorer(source, batch.output, batch.codec, self.current)
        self.slice_size = 1
        self.lines: Sequence[bytes] = ()
        self.place, self.offset = 0, 0  # a line of the block, and where it begins in the input
        self.journal.bytes_read = lambda: stream.progress(self.offset)

    def run(self) -> None:
        try:
            self._score_blocks()
        except GZIP_ERRORS as error:
            self.index += 1
            self.current[1] = self.index - 1
            output = self.batch.output.empty_span()
            record = InputRecord(self.current[1], None, [self.blocks.end, 0], output)
            self.batch.problems.count_malformed(self.source, record, malformed_gzip(error))
            self.batch.advance(1, self.blocks.end, self.index)

    def _score_blocks(self) -> None:
        for lines in self.blocks:
            self.lines = lines
            decode = self.batch.codec.reader(self.blocks.text)
            self.place, self.offset = 0, self.blocks.offset
            place = 0
            while place < len(self.lines):
                first = self.index
                size = self.batch.records_in_a_row(self.index, self.slice_size)
                if size > 0:
                    place += self._score_slice(self.lines[place : place + size], place, decode)
                else:
                    if self.lines[place].strip():
                        if self.batch.is_beyond_limit(self.index):
                            return
                        self._count_skipped(place)
                    place += 1
                self._go_to(place)
                if self.batch.advance(self.index - first, self.offset, self.index):
                    return

    def _score_slice(self, lines: "Sequence[bytes]", place: int, decode: "Decode") -> int:
        """Score lines, the first of which has a place in the block; return how many were taken."""
        first, current, rest = self.index, self.current, iter(lines)
        began = time.monotonic()
        current[2] = 1
        Termination.in_model = True
        try:
            self.index, problem = self.score(rest, decode, first)
            if problem and problem.kind == RAISED and self.batch.retries:
                taken = len(lines) - operator.length_hint(rest)
                problem = self._try_again(self.batch.retries, problem, lines[taken - 1], decode)
        except Terminated:
            self.journal.records_in += current[1] - first
            raise
        finally:
            Termination.in_model = False
        current[1], current[2] = self.index - 1, 0
        taken = len(lines) - operator.length_hint(rest)
        if problem:
            self._count_problem(problem, place + taken - 1)
        seconds = time.monotonic() - began
        if seconds < SHORT:
            self.slice_size = min(MAX_SLICE, self.slice_size * 2)
        elif seconds >= LONG:
            self.slice_size = 1
        return taken

    def _try_again(
        self, retries: "Retries", problem: "RecordProblem | None", line: bytes, decode: "Decode"
    ) -> "RecordProblem | None":
        """Score a line for which the model raised as often as that is tried again."""
        tries = 1
        while problem and problem.kind == RAISED and retries.wants(problem.detail, tries):
            Termination.in_model = False
            retries.prepare(problem.detail, problem.mark, tries)
            tries += 1
            self.current[2] = tries
            Termination.in_model = True
            _, problem = self.score(iter((line,)), decode, self.index - 1)
        if problem:
            problem.tries = tries
        return problem

    def _go_to(self, place: int) -> None:
        """Set place and offset to a line further on in the block."""
        self.offset += sum(map(len, self.lines[self.place : place])) + place - self.place
        self.place = place

    def _record_at(self, place: int) -> InputRecord:
        self._go_to(place)
        line = self.lines[place]
        return InputRecord(self.index - 1, line.strip(WHITESPACE), [self.offset, len(line)])

    def _count_problem(self, problem: RecordProblem, place: int) -> None:
        record = self._record_at(place)
        record.tries = problem.tries
        record.output_span = self.batch.output.end_call(problem.mark)
        count_line_problem(self.batch.problems, self.source, record, problem)

    def _count_skipped(self, place: int) -> None:
        """Count the record in a line as one that the host does not want scored again."""
        self.index += 1
        self.current[1] = self.index - 1
        record = self._record_at(place)
        record.output_span = self.batch.output.empty_span()
        skipped = self.batch.skipped[record.index]
        self.batch.problems.count_skipped(self.source, record, skipped)


def count_line_problem(
    problems: "ProblemCounter", source: "BatchInput", record: InputRecord, problem: RecordProblem
) -> None:
    """Count the record of a line, whose ``raw`` is that line, for what ``line_scorer`` has found."""
    if problem.kind == MALFORMED:
        malformed = malformed_json(problem.detail, record.raw)  # type: ignore[arg-type]
        problems.count_malformed(source, record, malformed)
    elif problem.kind == MISMATCH:
        problems.count_mismatch(source, record, problem.detail)
    elif problem.kind == RAISED:
        problems.count_exception(source, record, problem.detail)
    else:
        problems.count_refused(source, record)
