"""Where a record's failure is counted: records that are rejected, fail or are skipped.

``ProblemCounter`` has a method for each way a record can go wrong. They all end in
``count_problem``, which adds to ``Journal.rejected`` or ``Journal.failed`` and writes the record to
errors.jsonl. The lines of the log are ModelOp's own (spec 2.4), its spelling included.
"""

import json

from .errors import describe_exception, exception_line
from .schema import MASK
from .termination import exit_if_forked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .batch import BatchInput
    from .errors import MalformedRecord
    from .journal import Journal
    from .output import Output
    from .protocol import ErrorDocument, LogLine, Mismatch, SkippedRecord

MAX_TEXT = 100000  # characters of a record that errors.jsonl keeps


class InputRecord:
    """A record as errors.jsonl names it.

    ``raw`` is its text as it stood in the file (a list of lines for a CSV row), ``input_span`` its
    [offset, length] in the unzipped input (None where it is not in one place), and ``output_span``
    the [start, end] of what it has written. ``tries`` is how often the model was called with it, where
    it may be tried again.
    """

    def __init__(
        self,
        index: int,
        raw: "str | bytes | list[bytes] | None",
        input_span: "list[int] | None" = None,
        output_span: "list[int] | None" = None,
    ) -> None:
        self.index, self.raw = index, raw
        self.input_span, self.output_span = input_span, output_span
        self.tries = 1


def count_problem(
    journal: "Journal",
    stage: str,
    message: str,
    slot: int,
    record: InputRecord,
    *,
    records: int = 1,
    error: "ErrorDocument | None" = None,
    file: "str | None" = None,
    log: "Iterable[LogLine]" = (),
) -> None:
    """Count records that failed or were rejected for one reason, keep them, and log that.

    ``stage`` is a key of ``journal.REASONS``; ``file`` is the name of the record's file where the
    input is several; ``log`` holds texts that show no content of a record.
    """
    journal.stages[stage] = journal.stages.get(stage, 0) + records
    if stage == "model":
        journal.failed += records
    else:
        journal.rejected += records
    exception: ErrorDocument = error or {}
    line: dict[str, object] = {
        "index": record.index,
        "slot": slot,
        "stage": stage,
        "message": message,
        "exception": exception.get("exception"),
        "traceback": exception.get("traceback"),
        "record": text_of(record.raw),
        "input": record.input_span,
        "output": record.output_span,
    }
    if file is not None:
        line["file"] = file
    if record.tries > 1:
        line["tries"] = record.tries
    printed = journal.printed.text_of_bad(record.index) if journal.printed else None
    if printed:
        line["printed"] = printed
    journal.errors.add(json.dumps(line).encode() + b"\n")
    for level, text in log:
        journal.log_problem(stage, level, text, record.index)


class ProblemCounter:
    """Counts the problems of a batch's records, one method for each kind of problem."""

    def __init__(self, work: str, journal: "Journal", output: "Output") -> None:
        self.work, self.journal, self.output = work, journal, output

    def count_malformed(
        self, source: "BatchInput", record: InputRecord, malformed: "MalformedRecord"
    ) -> None:
        """Count input that cannot be read as a record: rejected."""
        log = [rejection_line("input encoding", malformed.reason)]
        self._count(source, "input encoding", malformed.message, record, log=log)

    def count_mismatch(
        self, source: "BatchInput", record: InputRecord, mismatch: "Mismatch"
    ) -> None:
        """Count a record that the input's schema does not allow: rejected."""
        log = [rejection_line("input schema", mismatch[0])]
        self._count(source, "input schema", mismatch[0] + mismatch[1], record, log=log)

    def count_exception(
        self, source: "BatchInput", record: InputRecord, error: BaseException, records: int = 1
    ) -> None:
        """Count a record for which the model raised: failed once, whatever it has written."""
        exit_if_forked()
        del self.output.refused[:]
        document = describe_exception(error, self.work)
        self.journal.explain_warning(error)
        self._count_failed(source, record, document, records)

    def count_skipped(
        self, source: "BatchInput", record: InputRecord, skipped: "SkippedRecord"
    ) -> None:
        """Count a record that the host wants counted as failed without another try."""
        document: ErrorDocument = {
            "exception": skipped["exception"],
            "message": skipped["message"],
            "traceback": None,
        }
        self._count_failed(source, record, document, 1)

    def count_refused(self, source: "BatchInput", record: InputRecord, records: int = 1) -> None:
        """Count a record with outputs that were refused: rejected once, for the first of them."""
        refused = self.output.refused[:]
        del self.output.refused[:]
        log: list[LogLine] = []
        for stage in ("output encoding", "output schema"):
            lines = [rejection_line(one, reason) for one, _, reason in refused if one == stage]
            if lines:
                log += [*lines, rejected_outputs_line(len(lines), stage)]
        stage, message, _ = refused[0]
        self._count(source, stage, message, record, records=records, log=log)

    def _count_failed(
        self, source: "BatchInput", record: InputRecord, error: "ErrorDocument", records: int
    ) -> None:
        log = exception_lines(error)
        self._count(
            source, "model", error["message"], record, records=records, error=error, log=log
        )

    def _count(
        self,
        source: "BatchInput",
        stage: str,
        message: str,
        record: InputRecord,
        *,
        records: int = 1,
        error: "ErrorDocument | None" = None,
        log: "Iterable[LogLine]",
    ) -> None:
        count_problem(
            self.journal,
            stage,
            message,
            source.slot,
            record,
            records=records,
            error=error,
            file=source.item.get("file"),
            log=log,
        )


def rejection_line(stage: str, reason: str) -> "LogLine":
    """Return ModelOp's line for a rejected record (spec 2.4); its content is masked."""
    link = " with reason " if stage.endswith("encoding") else ": "
    return "error", f"Record rejected by {stage.split()[1]}{link}{reason}: {MASK}"


def rejected_outputs_line(count: int, stage: str) -> "LogLine":
    return "error", f"{count} output record(s) rejected by {stage.split()[1]}"


def exception_lines(error: "ErrorDocument") -> "list[LogLine]":
    """Return ModelOp's two lines for an exception of the model."""
    return [
        ("info", f"MODEL-CONSOLE: An error occured when processing the model: {error['message']}"),
        ("info", f"MODEL-CONSOLE: {exception_line(error)}"),
    ]


def text_of(raw: "str | bytes | list[bytes] | None") -> "str | None":
    """Return a record as it stood in its file, cut where it is very long."""
    if isinstance(raw, list):
        raw = b"".join(raw)
    text = raw.decode("utf-8", "replace").rstrip("\r\n") if isinstance(raw, bytes) else raw
    if text is not None and len(text) > MAX_TEXT:
        text = text[:MAX_TEXT] + "…"
    return text
