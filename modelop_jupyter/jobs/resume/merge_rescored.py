"""Score only the bad records of a job again, and merge the results into its output.

The runner gets a file with these records only and writes to ``spans.bin`` where in its output each
record ends (64-bit integers). The new output is the old one with these spans in place of the old.
"""

from __future__ import annotations

import csv
import io
import shutil
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import IO

from modelop_jupyter import files
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.formats import FORMATS, open_bytes
from modelop_jupyter.formats.csvfile import allow_long_cells, first_row
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import (
    Checkpoint,
    ErrorLine,
    ResultCounts,
    RunnerRequest,
    RunnerResult,
    line_of,
)
from modelop_jupyter.jobs.request import request_rescoring
from modelop_jupyter.jobs.resume import resume
from modelop_jupyter.remedies import Remedy

_BLOCK = 1 << 20
_NUMBERS = ("records_in", "rejected", "failed", "records_out")
# A runner's checkpoint before its first record.
_BEGINNING = Checkpoint(
    offset=0, index=0, output=0, errors=0, counts=dict.fromkeys(_NUMBERS, 0), stages={}, logged={}
)


def require_rescorable(record: JobRecord, folder: JobFolder, output: OutputTarget) -> None:
    """Raise :class:`ConflictError` if a job has no bad records or its output cannot be merged."""
    reason = _why_not(record, folder, output)
    if reason is not None:
        text, verb = reason
        does = "Continue it first" if verb == "retry" else "Run again"
        raise ConflictError(
            f"the bad records of job {record.short_id} cannot be scored alone: {text}",
            remedies=[Remedy(does, (("job", verb, record.short_id),))],
        )


def _why_not(record: JobRecord, folder: JobFolder, output: OutputTarget) -> tuple[str, str] | None:
    """Return the reason, and the verb that helps instead."""
    result = folder.read(RunnerResult)
    if result is None and record.status is JobStatus.COMPLETE:
        raise folder.damaged(RunnerResult.FILE, "it is gone")
    if result is None or result.status != "COMPLETE" or result.has_too_many_errors:
        return "it ended early", "retry"
    count = result.counts.rejected + result.counts.failed
    first = next(folder.error_lines(is_whole=True), None)
    if first is None and count:
        raise folder.damaged("errors.jsonl", "it does not contain the bad records")
    if first is None:
        return "there are none", "rerun"
    if first.input is None or first.output is None:
        return "its records are not scored one by one", "rerun"
    if output.prefix is not None:
        return f"its output is in several objects, below {output.prefix}", "rerun"
    name, format = output.name, FORMATS[output.format].runner_format
    if format is None or not (folder.outputs / name).exists():
        return (
            f"its output {name} does not consist of lines, so that nothing can be inserted",
            "rerun",
        )
    size = _require_output(folder, name, format, result.counts.records_out)
    _require_errors(folder, count, size)
    return None


def _require_output(folder: JobFolder, name: str, format: str, records: int) -> int:
    """Check that the output is what the job wrote, as far as lines can show; return its size."""
    path = folder.outputs / name
    try:
        lines, size = resume.extent_of(path)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise folder.damaged(f"outputs/{name}", reason.lower()) from None
    # A row of CSV may span lines.
    if format == "json" and lines != records:
        raise folder.damaged(f"outputs/{name}", "it does not contain the records that were written")
    return size


def _require_errors(folder: JobFolder, count: int, size: int) -> None:
    """Check that all bad records are there, in order, each with a span within the output."""
    count_found, end = 0, 0
    for error in folder.error_lines(is_whole=True):
        span = None if error is None else error.output
        if error is None or not error.input or not span or len(span) != 2:
            raise folder.damaged("errors.jsonl", "it was changed after it was written")
        if not end <= span[0] <= span[1] <= size:
            raise folder.damaged("errors.jsonl", "it belongs to another output")
        count_found, end = count_found + 1, span[1]
    if count_found != count:
        raise folder.damaged("errors.jsonl", f"it contains {count_found} of {count} bad records")


def prepare_request(old: JobFolder, new: JobFolder) -> None:
    """Change a staged job's request so that its runner reads only the bad records of the old."""
    request = new.require(RunnerRequest)
    source = request.inputs[0]
    path = new.inputs / ("bad.csv" if source.format == "csv" else "bad.jsonl")
    with files.open_private(path, "wb") as file:
        if source.format == "csv":
            with open_bytes(Path(source.each_file[0].path)) as records:
                file.write(first_row(records).rstrip(b"\r\n") + b"\n")
        paths = {one.file: Path(one.path) for one in source.each_file}
        # Errors stand in the order of the files.
        for name, errors in groupby(old.errors(), key=lambda error: error.file):
            if name not in paths:
                raise old.damaged("errors.jsonl", "it belongs to another input")
            with open_bytes(paths[name]) as records:
                for error in errors:
                    offset, length = _pair(error.input)
                    records.seek(offset)
                    file.write(records.read(length).rstrip(b"\r\n") + b"\n")
    columns = _columns(request, old)
    if columns is not None:
        # The rows are merged into a file that has a header already.
        new.write(replace(_BEGINNING, columns=tuple(columns)))
    source = replace(source, path=str(path), gzip=False, files=None)
    request_rescoring(new, source, has_header=bool(columns))


def _pair(place: tuple[int, ...] | None) -> tuple[int, int]:
    """Return the two numbers of a span that :func:`require_rescorable` has checked."""
    first, last = place or ()
    return first, last


def merge(plan: Plan, old: JobFolder, new: JobFolder) -> ResultCounts:
    """Merge a finished runner's output into a copy of the old job's; return the counts of both.

    The merged files replace the runner's own output and errors.
    """
    part = new.outputs / f"{plan.output.name}.part"
    old_errors = list(old.errors())
    spans = _spans(new, count=len(old_errors), size=part.stat().st_size)
    new_errors = {error.index: error for error in new.errors()}
    with (
        files.replace_file(new.errors_file) as errors,
        files.replace_file(part) as target,
        open_bytes(old.outputs / plan.output.name) as source,
        part.open("rb") as rescored,
    ):
        if FORMATS[plan.output.format].runner_format == "csv":
            # The header was written with the first record's row, but belongs to all.
            target.write(first_row(source))
        header = target.tell()
        replaced_lines = 0
        for error, span in zip(old_errors, spans, strict=True):
            start, end = (max(header, offset) for offset in _pair(error.output))
            _copy(source, target, start - source.tell())
            replaced_lines += source.read(end - start).count(b"\n")
            position = target.tell()
            rescored.seek(span.start)
            _copy(rescored, target, span.end - span.start)
            if span.number in new_errors:
                moved = replace(
                    new_errors[span.number],
                    index=error.index,
                    input=error.input,
                    output=(position, target.tell()),
                    file=error.file,
                )
                errors.write(line_of(moved))
        shutil.copyfileobj(source, target, _BLOCK)
    _name_printed(new, old_errors)
    return _counts(old, new, replaced_lines)


def _name_printed(new: JobFolder, old_errors: Sequence[ErrorLine]) -> None:
    """Name the records that printed by their indices in the whole input."""
    lines = [replace(line, index=old_errors[line.index].index) for line in new.printed()]
    if lines:
        files.write_bytes(new.printed_file, b"".join(map(line_of, lines)))


@dataclass(frozen=True, slots=True)
class _Span:
    """The bytes of the output that one record wrote."""

    number: int
    start: int
    end: int


def _spans(new: JobFolder, *, count: int, size: int) -> Sequence[_Span]:
    try:
        data = (new.root / "spans.bin").read_bytes()
        ends = struct.unpack(f"={len(data) // 8}q", data)
    except (OSError, struct.error):
        raise new.damaged("spans.bin", "it does not say where each record ends") from None
    if len(ends) != count or list(ends) != sorted(ends) or (ends and ends[-1] > size):
        raise new.damaged("spans.bin", "it belongs to other records")
    return [_Span(number, *ends) for number, ends in enumerate(pairwise((0, *ends)))]


def _columns(request: RunnerRequest, old: JobFolder) -> list[str] | None:
    """Return the columns of the first job's CSV, None where there is none or it is empty."""
    if request.output.format != "csv":
        return None
    path = old.outputs / request.output.name
    with open_bytes(path) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
        allow_long_cells()
        return next(csv.reader(text, delimiter=request.output.delimiter), None)


def _counts(old: JobFolder, new: JobFolder, replaced_lines: int) -> ResultCounts:
    old_counts, new_counts = old.require(RunnerResult).counts, new.require(RunnerResult).counts
    return ResultCounts(
        records_in=old_counts.records_in,
        scored=old_counts.records_in - new_counts.rejected - new_counts.failed,
        rejected=new_counts.rejected,
        failed=new_counts.failed,
        records_out=old_counts.records_out - replaced_lines + new_counts.records_out,
        # The old ones belong to tries that failed in the end.
        retried=new_counts.retried,
        retries=new_counts.retries,
    )


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    while size > 0 and (block := source.read(min(size, _BLOCK))):
        target.write(block)
        size -= len(block)
