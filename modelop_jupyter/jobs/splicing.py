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
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.formats import FORMATS, open_bytes
from modelop_jupyter.formats.csvfile import allow_long_cells, first_row
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Plan

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


def require(record: JobRecord, folder: JobFolder) -> None:
    """Raise :class:`ConflictError` where there is nothing to score again, or no place to put it."""
    reason = _why_not(record, folder)
    if reason is not None:
        raise ConflictError(
            f"the bad records of job {record.short_id} cannot be scored alone: {reason[0]}",
            reason[1],
        )


def _why_not(record: JobRecord, folder: JobFolder) -> tuple[str, str] | None:
    over = f"'job rerun {record.short_id}' starts over"
    result = folder.read("result.json")
    if (
        result is None
        or result["status"] != "COMPLETE"
        or result.get("stopped_early") == "max_errors"
    ):
        return "it ended early", f"'job retry {record.short_id}' goes on first"
    first = next(folder.errors(), None)
    if first is None:
        return "there are none", over
    if first.get("input") is None or first.get("output") is None:
        return "its records are not scored one by one", over
    plan = folder.read("plan.json") or {}
    name = plan["output"]["name"]
    is_written_by_host = FORMATS[plan["output"]["format"]].runner_format is None
    if is_written_by_host or not (folder.outputs / name).exists():
        return f"its output {name} is not made of lines that others can be put between", over
    return None


def prepare(old: JobFolder, new: JobFolder) -> None:
    """Let the runner of a staged job read the bad records of the one before, and nothing else."""
    request = new.read("request.json") or {}
    source = request["inputs"][0]
    path = new.inputs / ("bad.csv" if source["format"] == "csv" else "bad.jsonl")
    with open_bytes(Path(source["path"])) as records, path.open("wb") as file:
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
    pieces = _pieces(new)
    before = list(old.errors())
    again = {error["index"]: error for error in new.errors()}
    whole = part.with_name(f"{part.name}.whole")
    lost = 0
    with (
        open_bytes(old.outputs / plan.output.name) as source,
        part.open("rb") as target_of_new,
        whole.open("wb") as target,
        new.errors_file.with_name("errors.jsonl.whole").open("wb") as errors,
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


def _pieces(new: JobFolder) -> Sequence[_Piece]:
    data = (new.root / "spans.bin").read_bytes()
    ends = struct.unpack(f"={len(data) // 8}q", data)
    return [_Piece(number, *ends) for number, ends in enumerate(pairwise((0, *ends)))]


def _columns(request: dict[str, Any], old: JobFolder) -> list[str] | None:
    """Return the columns of the first job's CSV, None where there is none or it is empty."""
    if request["output"]["format"] != "csv":
        return None
    path = old.outputs / request["output"]["name"]
    with open_bytes(path) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
        allow_long_cells()
        return next(csv.reader(text), None)


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
