"""What a retry takes over of the job before: all that its runners had finished for good.

Output and errors are cut to the last checkpoint; the runner goes on from there, so that the whole
is byte for byte what it would have been.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.formats import open_bytes
from modelop_jupyter.jobs import parts
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Plan

_BLOCK = 1 << 20


def take_inputs(plan: Plan, old: JobFolder, new: JobFolder) -> Plan:
    """Give a job its own copies of the inputs that only the job before it holds."""
    for each in plan.inputs:
        path = Path(each.path)
        # One that is not there any more is said where inputs are looked for.
        if path.parent == old.inputs and path.is_file():
            _copy(path, new.inputs / path.name)
    return replace(plan, inputs=tuple(_moved(each, old, new) for each in plan.inputs))


def take_progress(plan: Plan, old: JobFolder, new: JobFolder) -> int | None:
    """Take over what is finished; returns the records that need no second look, None for nothing.

    ``new`` is staged already; it gets folders for the workers that the job before had. Raises
    :class:`DamagedJobError`, before anything is taken, where that is not what was left there.
    """
    require_conversions(old, new)
    if not old.workers_folder.exists() or is_through(old):
        found = [_left(plan, old)]
        folders = [new]
    else:
        found = [_left(plan, worker) for worker in old.workers]
        _require_all_ranges(old, new)
        parts.divide_like(old, new)
        folders = new.workers
    done = [_take(plan, *pair) for pair in zip(found, folders, strict=True) if pair[0] is not None]
    return sum(done) if done else None


def require_conversions(old: JobFolder, new: JobFolder) -> None:
    """Have what the host converted be as long as before: places in it are gone by.

    Raises :class:`DamagedJobError`; that of the new job was made just now.
    """
    request = new.read("request.json") or {}
    for each in request["inputs"]:
        path = Path(each["path"])
        before = old.inputs / path.name
        if path.parent == new.inputs and not _has_size(before, path.stat().st_size):
            raise old.damaged(f"inputs/{path.name}", "it is not what the input gives")


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def is_through(folder: JobFolder) -> bool:
    """Say whether the runner of a folder has come to the end of its input."""
    result = folder.read_if_whole("result.json")
    if result is None or result["status"] != "COMPLETE":
        return False
    return not result.get("stopped_early") or result["stopped_early"] == "limit"


@dataclass(frozen=True, slots=True)
class _Left:
    """What a runner left that can be gone on with: all it wrote, or that up to a checkpoint."""

    folder: JobFolder
    output: Path
    doomed: dict[str, Any]
    result: dict[str, Any] | None = None
    checkpoint: dict[str, Any] | None = None


def _left(plan: Plan, old: JobFolder) -> _Left | None:
    request, result = old.read("request.json"), old.read("result.json")
    if request is None:
        raise old.damaged("request.json", "it is gone")
    checkpoint = old.read("checkpoint.json")
    name = plan.output.name
    outputs = [old.outputs / f"{name}.part", old.outputs / f"partial-{name}"]
    if is_through(old) and not name.lower().endswith(".gz"):
        outputs.append(old.outputs / name)
    output = next((path for path in outputs if path.is_file()), None)
    doomed = request.get("doomed", {})
    if result is not None and is_through(old):
        if output is None:
            return None
        _require_whole(old, request, output, result)
        return _Left(old, output, doomed, result=result)
    if checkpoint is None:
        return None
    if output is None:
        raise old.damaged(f"outputs/{name}.part", "it is gone")
    _require_lines(old, f"outputs/{output.name}", checkpoint["output"])
    _require_lines(old, "errors.jsonl", checkpoint["errors"])
    return _Left(old, output, doomed, checkpoint=checkpoint)


def _take(plan: Plan, left: _Left | None, new: JobFolder) -> int:
    if left is None:
        return 0
    request = new.read("request.json") or {}
    target = new.outputs / f"{plan.output.name}.part"
    if left.result is not None:
        _copy(left.output, target)
        _copy(left.folder.errors_file, new.errors_file)
        new.write("request.json", {**request, "doomed": left.doomed})
        new.write("result.json", left.result)
        return int(left.result["counts"]["records_in"])
    checkpoint = left.checkpoint or {}
    _copy(left.output, target, size=checkpoint["output"])
    _copy(left.folder.errors_file, new.errors_file, size=checkpoint["errors"])
    new.write("checkpoint.json", checkpoint)
    new.write("request.json", {**request, "resume": True, "doomed": left.doomed})
    return int(checkpoint["index"])


def _require_all_ranges(old: JobFolder, new: JobFolder) -> None:
    """Have the workers' ranges be the whole input: one that is gone would be records lost."""
    place = 0
    for worker in old.workers:
        cut = (worker.read("request.json") or {}).get("range")
        if cut is None or cut["start"] != place:
            raise old.damaged("workers", "not all of them are there")
        place = cut["end"]
    request = new.read("request.json") or {}
    if place != Path(request["inputs"][0]["path"]).stat().st_size:
        raise old.damaged("workers", "not all of them are there")


def _require_lines(folder: JobFolder, name: str, size: int) -> None:
    """Have a file hold what a checkpoint says, up to the end of a line."""
    path = folder.root / name
    try:
        with path.open("rb") as file:
            file.seek(max(0, size - 1))
            last = file.read(1)
    except FileNotFoundError:
        last = b""
    except OSError as error:
        raise folder.damaged(name, (error.strerror or str(error)).lower()) from None
    if size and not last:
        raise folder.damaged(name, "it is shorter than checkpoint.json says")
    if size and last != b"\n":
        raise folder.damaged(name, "it is not what was written there")
    if path == folder.errors_file and size:
        _require_errors(folder, size)


def _require_errors(folder: JobFolder, size: int) -> None:
    with folder.errors_file.open("rb") as file:
        while file.tell() < size:
            if folder.error_of(file.readline()) is None:
                raise folder.damaged("errors.jsonl", "it is not what was written there")


def _require_whole(
    folder: JobFolder, request: dict[str, Any], output: Path, result: dict[str, Any]
) -> None:
    """Have output and errors be as long as the end marker says, as far as their lines tell."""
    counts = result["counts"]
    # A row of CSV may span lines.
    if request["output"]["format"] == "json" and extent_of(output)[0] != counts["records_out"]:
        raise folder.damaged(f"outputs/{output.name}", "it holds other records than were written")
    if any(error is None for error in folder.error_lines(is_whole=True)):
        raise folder.damaged("errors.jsonl", "it is not what was written there")


def extent_of(path: Path) -> tuple[int, int]:
    """Return how many lines and bytes a file has, unpacked where it is compressed."""
    lines = size = 0
    with open_bytes(path) as file:
        while block := file.read(_BLOCK):
            lines, size = lines + block.count(b"\n"), size + len(block)
    return lines, size


def _moved(data: JobInput, old: JobFolder, new: JobFolder) -> JobInput:
    path = Path(data.path)
    if old.inputs not in path.parents:
        return data
    return replace(data, path=str(new.inputs / path.relative_to(old.inputs)))


def _copy(source: Path, target: Path, *, size: int | None = None) -> None:
    """Copy a file, or its beginning; a source that was never written is empty."""
    if not source.exists():
        return
    if size is None:
        shutil.copy2(source, target)
        return
    with source.open("rb") as reader, files.open_private(target, "wb") as writer:
        left = size
        while left and (block := reader.read(min(left, _BLOCK))):
            writer.write(block)
            left -= len(block)
        writer.flush()
        os.fsync(writer.fileno())
