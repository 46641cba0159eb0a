"""The loop over records one by one: CSV rows, texts, and record sets of any format."""

from .csv_reader import csv_records
from .errors import CannotWrite, MalformedRecord
from .files import BLOCK
from .frames import import_pandas, record_set
from .functions import GENERATORS
from .input_stream import BOM, GZIP_ERRORS, Blocks, malformed_gzip
from .json_reader import WHITESPACE, malformed_json, parse_json
from .record_problems import InputRecord
from .schema import check_safely
from .termination import Terminated, Termination

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .batch import Batch, BatchInput
    from .input_stream import InputStream
    from .journal import Journal
    from .output import Output
    from .record_problems import ProblemCounter
    from .retries import Retries

    Raw = str | bytes | list[bytes] | None
    # Why it is not a record (else None), its value, its text, and its [offset, length].
    ReadRecord = tuple[MalformedRecord | None, Any, Raw, list[int]]


SETS = "this model takes record sets"


class RecordCalls:
    """Calls the model for values, and counts what goes wrong."""

    def __init__(
        self,
        source: "BatchInput",
        journal: "Journal",
        output: "Output",
        problems: "ProblemCounter",
        retries: "Retries | None" = None,
    ) -> None:
        self.source, self.journal = source, journal
        self.output, self.problems, self.retries = output, problems, retries
        self.current = journal.current_record
        self.function = source.function_of_record(self.current)

    def score(self, record: InputRecord, value: "Any", records: int) -> None:
        """Call the model once, for so many records, and count its failure or refused output."""
        problems, output, mark = self.problems, self.output, len(self.output.pending)
        output.commit_call(mark)
        self.current[2] = 1
        if self.retries is None:
            error = self._call(value)
        else:
            error = self._call_until_it_ends(self.retries, record, value, records)
        self.current[2] = 0
        if error is not None:
            record.output_span = output.end_call(mark)
            problems.count_exception(self.source, record, error, records)
        elif output.refused:
            record.output_span = output.end_call(mark)
            problems.count_refused(self.source, record, min(records, len(output.refused)))
        output.call_start = None

    def _call_until_it_ends(
        self, retries: "Retries", record: InputRecord, value: "Any", records: int
    ) -> "BaseException | None":
        """Call the model as often as a transient failure is tried again."""
        import copy

        # A model may change what it is given before it fails.
        error = self._call(copy.deepcopy(value))
        while error is not None and retries.wants(error, record.tries):
            retries.prepare(error, 0, record.tries, records)
            record.tries += 1
            self.output.commit_call(0)
            self.current[2] = record.tries
            error = self._call(copy.deepcopy(value))
        return error

    def _call(self, value: "Any") -> "BaseException | None":
        """Call the model and write what it returns or yields; return its exception, if any."""
        output = self.output
        Termination.in_model = True
        try:
            result = self.function(value)
            if isinstance(result, GENERATORS):
                for one in result:
                    output.write_yielded(one)
            elif result is not None:
                output.write(result)
        except (Terminated, CannotWrite):
            raise
        except BaseException as error:  # even sys.exit() is a failure of this record only
            return error
        finally:
            Termination.in_model = False
        return None


class RecordLoop(RecordCalls):
    """Scores one file record by record, or hands all of an input to the model in one call."""

    def __init__(
        self, batch: "Batch", source: "BatchInput", stream: "InputStream", index: int
    ) -> None:
        super().__init__(source, batch.journal, batch.output, batch.problems, batch.retries)
        self.batch, self.index = batch, index
        self.stream, self.offset = stream, stream.offset

    def score_each(self) -> None:
        self.journal.bytes_read = lambda: self.stream.progress(self.offset)
        for record, value in self._valid_records():
            self.score(record, value, 1)
            if self.batch.advance(1, self.offset, self.index):
                break

    def read_set(self, values: "list[Any]") -> None:
        """Add the values of all records that can be scored."""
        import_pandas(SETS)
        values += [value for _, value in self._valid_records()]

    def score_set(self, values: "list[Any]") -> None:
        """Score the whole input in one call (spec 2.1); an error in it is one of all records."""
        if self.batch.stopped_early == "max_errors" or (self.current[1] >= 0 and not values):
            return
        self.source.item = self.source.whole
        if self.journal.printed:
            self.journal.printed.is_set = True
        records = record_set(import_pandas(SETS), values)
        self.score(InputRecord(0, None), records, len(values))
        self.batch.advance(len(values), self.offset, self.index)

    def _valid_records(self) -> "Iterator[tuple[InputRecord, Any]]":
        """Yield the records to score and their values; count those that are rejected or skipped."""
        batch, source, check = self.batch, self.source, self.source.check
        problems = batch.problems
        for malformed, value, raw, span in read_records(source, self.stream):
            if batch.is_beyond_limit(self.index):
                break
            record = InputRecord(self.index, raw, span, self.output.empty_span())
            self.current[1] = self.index
            self.index += 1
            self.offset = sum(span)
            mismatch = check_safely(check, value) if check and not malformed else None
            if malformed:
                problems.count_malformed(source, record, malformed)
            elif mismatch:
                problems.count_mismatch(source, record, mismatch)
            elif record.index in batch.skipped:
                problems.count_skipped(source, record, batch.skipped[record.index])
            else:
                yield record, value
                continue
            if batch.advance(1, self.offset, self.index):
                break


def read_records(source: "BatchInput", stream: "InputStream") -> "Iterator[ReadRecord]":
    """Yield each record of an input, in whatever format it is."""
    kind = source.item["format"]
    try:
        if kind == "csv":
            yield from csv_records(source.item, stream, source.schema)
        elif kind == "text":
            yield from text_records(stream)
        else:
            yield from json_records(Blocks(stream))
    except GZIP_ERRORS as error:
        yield malformed_gzip(error), None, None, [stream.offset, 0]


def text_records(stream: "InputStream") -> "Iterator[ReadRecord]":
    """Yield the text of a whole file as one record (spec 13.8)."""
    data = b"".join(iter(lambda: stream.take(BLOCK), b""))
    if data.startswith(BOM):
        data = data[len(BOM) :]
    if not data:
        return
    span = [stream.offset - len(data), len(data)]
    try:
        yield None, data.decode("utf-8"), data, span
    except UnicodeDecodeError as error:
        place = error.start + 1
        malformed = MalformedRecord(f"{{{place},invalid_utf8}}", f"not UTF-8 at byte {place}")
        yield malformed, None, data, span


def json_records(blocks: Blocks) -> "Iterator[ReadRecord]":
    """Yield the value of each line of JSON."""
    for lines in blocks:
        offset = blocks.offset
        for line in lines:
            span = [offset, len(line)]
            offset += len(line) + 1
            text = line.strip(WHITESPACE)
            if not text:
                continue
            try:
                value = parse_json(text.decode("utf-8"))
            except (ValueError, RecursionError) as error:
                yield malformed_json(error, text), None, text, span
                continue
            yield None, value, text, span
