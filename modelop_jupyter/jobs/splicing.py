"""Scoring only the bad records of a job again, and putting what comes out in their places.

The runner gets a file of those records alone and notes in ``spans.bin`` where in its output each of
them ends (64 bit integers). The whole is then the first job's output with these pieces in it.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.formats import FORMATS, open_bytes
from modelop_jupyter.formats.csvfile import allow_long_cells, first_row
from modelop_jupyter.jobs import takeover
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Output, Plan

_BLOCK = 1 << 20
_NUMBERS = ("records_in", "rejected", "failed", "records_out")
# What a runner's checkpoint says before its first record.
_BEGINNING: dict[str, Any] = {
    "protocol": 1,
    "offset": 0,
    "index": 0,
    "output": 0,
    "errors": 0,
    "counts": dict.fromkeys(_NUMBERS, 0),
    "stages": {},
    "logged": {},
}


def require(record: JobRecord, folder: JobFolder, output: Output) -> None:
    """Raise :class:`ConflictError` where there is nothing to score again, or no place to put it."""
    reason = _why_not(record, folder, output)
    if reason is not None:
        raise ConflictError(
            f"the bad records of job {record.short_id} cannot be scored alone: {reason[0]}",
            reason[1],
        )


def _why_not(record: JobRecord, folder: JobFolder, output: Output) -> tuple[str, str] | None:
    over = f"'job rerun {record.short_id}' starts over"
    result = folder.read("result.json")
    if result is None and record.status is JobStatus.COMPLETE:
        raise folder.damaged("result.json", "it is gone")
    if (
        result is None
        or result["status"] != "COMPLETE"
        or result.get("stopped_early") == "max_errors"
    ):
        return "it ended early", f"'job retry {record.short_id}' goes on first"
    count = result["counts"]["rejected"] + result["counts"]["failed"]
    first = next(folder.error_lines(is_whole=True), None)
    if first is None and count:
        raise folder.damaged("errors.jsonl", "it does not hold the bad records")
    if first is None:
        return "there are none", over
    if first.get("input") is None or first.get("output") is None:
        return "its records are not scored one by one", over
    name, format = output.name, FORMATS[output.format].runner_format
    if format is None or not (folder.outputs / name).exists():
        return f"its output {name} is not made of lines that others can be put between", over
    size = _require_output(folder, name, format, result["counts"]["records_out"])
    _require_errors(folder, count, size)
    return None


def _require_output(folder: JobFolder, name: str, format: str, records: int) -> int:
    """Have the output be what the job wrote, as far as lines tell; returns its size."""
    path = folder.outputs / name
    try:
        lines, size = takeover.extent_of(path)
    except (OSError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise folder.damaged(f"outputs/{name}", said.lower()) from None
    # A row of CSV may span lines.
    if format == "json" and lines != records:
        raise folder.damaged(f"outputs/{name}", "it holds other records than were written")
    return size


def _require_errors(folder: JobFolder, count: int, size: int) -> None:
    """Have all the bad records be there, each with a place that the output has, in order."""
    found, place = 0, 0
    for error in folder.error_lines(is_whole=True):
        span = None if error is None else error.get("output")
        if error is None or not error.get("input") or not span or len(span) != 2:
            raise folder.damaged("errors.jsonl", "it is not what was written there")
        if not place <= span[0] <= span[1] <= size:
            raise folder.damaged("errors.jsonl", "it tells of another output")
        found, place = found + 1, span[1]
    if found != count:
        raise folder.damaged("errors.jsonl", f"it holds {found} of {count} bad records")


def prepare(old: JobFolder, new: JobFolder) -> None:
    """Let the runner of a staged job read the bad records of the one before, and nothing else."""
    request = new.read("request.json") or {}
    source = request["inputs"][0]
    path = new.inputs / ("bad.csv" if source["format"] == "csv" else "bad.jsonl")
    with open_bytes(Path(source["path"])) as records, files.open_private(path, "wb") as file:
        if source["format"] == "csv":
            file.write(first_row(records).rstrip(b"\r\n") + b"\n")
        for error in old.errors():
            offset, length = error["input"]
            records.seek(offset)
            file.write(records.read(length).rstrip(b"\r\n") + b"\n")
    request["inputs"] = [{**source, "path": str(path), "gzip": False}]
    columns = _columns(request, old)
    if columns is not None:
        # The rows go between others, so there is a header already.
        new.write("checkpoint.json", {**_BEGINNING, "columns": columns})
    new.write(
        "request.json",
        {**request, "limit": None, "max_errors": None, "spans": True, "resume": bool(columns)},
    )


def splice(plan: Plan, old: JobFolder, new: JobFolder) -> dict[str, Any]:
    """Put the pieces of a finished runner into the first job's output; returns the counts of the whole."""
    part = new.outputs / f"{plan.output.name}.part"
    before = list(old.errors())
    pieces = _pieces(new, count=len(before), size=part.stat().st_size)
    again = {error["index"]: error for error in new.errors()}
    whole = part.with_name(f"{part.name}.whole")
    lost = 0
    with (
        open_bytes(old.outputs / plan.output.name) as source,
        part.open("rb") as target_of_new,
        files.open_private(whole, "wb") as target,
        files.open_private(new.errors_file.with_name("errors.jsonl.whole"), "wb") as errors,
    ):
        if FORMATS[plan.output.format].runner_format == "csv":
            # The first record wrote it with its row, but it is everybody's.
            target.write(first_row(source))
        header = target.tell()
        for error, piece in zip(before, pieces, strict=True):
            start, end = (max(header, offset) for offset in error["output"])
            _copy(source, target, start - source.tell())
            lost += source.read(end - start).count(b"\n")
            place = target.tell()
            target_of_new.seek(piece.start)
            _copy(target_of_new, target, piece.end - piece.start)
            if piece.number in again:
                told = {**again[piece.number], "index": error["index"], "input": error["input"]}
                told["output"] = [place, target.tell()]
                errors.write(json.dumps(told).encode() + b"\n")
        shutil.copyfileobj(source, target, _BLOCK)
        for file in (target, errors):
            file.flush()
            os.fsync(file.fileno())
    files.rename(whole, part)
    files.rename(new.errors_file.with_name("errors.jsonl.whole"), new.errors_file)
    return _counts(old, new, lost)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one record wrote: bytes from start to end."""

    number: int
    start: int
    end: int


def _pieces(new: JobFolder, *, count: int, size: int) -> Sequence[_Piece]:
    try:
        data = (new.root / "spans.bin").read_bytes()
        ends = struct.unpack(f"={len(data) // 8}q", data)
    except (OSError, struct.error):
        raise new.damaged("spans.bin", "it does not tell where each record ends") from None
    if len(ends) != count or list(ends) != sorted(ends) or (ends and ends[-1] > size):
        raise new.damaged("spans.bin", "it tells of other records")
    return [_Piece(number, *ends) for number, ends in enumerate(pairwise((0, *ends)))]


def _columns(request: dict[str, Any], old: JobFolder) -> list[str] | None:
    """Return the columns of the first job's CSV, None where there is none or it is empty."""
    if request["output"]["format"] != "csv":
        return None
    path = old.outputs / request["output"]["name"]
    with open_bytes(path) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
        allow_long_cells()
        return next(csv.reader(text, delimiter=request["output"].get("delimiter", ",")), None)


def _counts(old: JobFolder, new: JobFolder, lost: int) -> dict[str, Any]:
    first: dict[str, int] = (old.read("result.json") or {})["counts"]
    again: dict[str, int] = (new.read("result.json") or {})["counts"]
    bad = again["rejected"] + again["failed"]
    return {
        "records_in": first["records_in"],
        "scored": first["records_in"] - bad,
        "rejected": again["rejected"],
        "failed": again["failed"],
        "records_out": first["records_out"] - lost + again["records_out"],
    }


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    while size > 0 and (block := source.read(min(size, _BLOCK))):
        target.write(block)
        size -= len(block)
