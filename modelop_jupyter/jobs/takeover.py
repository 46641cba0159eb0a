"""What a retry takes over of the job before: all that its runners had finished for good.

Output and errors are cut to the last checkpoint; the runner goes on from there, so that the whole
is byte for byte what it would have been.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Plan

_BLOCK = 1 << 20


def take_inputs(plan: Plan, old: JobFolder, new: JobFolder) -> Plan:
    """Give a job its own copies of the inputs that only the job before it holds."""
    for path in old.inputs.iterdir():
        _copy(path, new.inputs / path.name)
    return replace(plan, inputs=tuple(_moved(each, old, new) for each in plan.inputs))


def take_progress(plan: Plan, old: JobFolder, new: JobFolder) -> int | None:
    """Take over what is finished; returns the records that need no second look, None for nothing.

    ``new`` is staged already, with folders for the workers that the job before had.
    """
    pairs = list(zip(old.workers, new.workers, strict=True)) if new.workers else [(old, new)]
    found = [_take(plan, *pair) for pair in pairs]
    done = [count for count in found if count is not None]
    return sum(done) if done else None


def is_through(folder: JobFolder) -> bool:
    """Say whether the runner of a folder has come to the end of its input."""
    result = folder.read("result.json")
    if result is None or result["status"] != "COMPLETE":
        return False
    return not result.get("stopped_early") or result["stopped_early"] == "limit"


def _take(plan: Plan, old: JobFolder, new: JobFolder) -> int | None:
    request = new.read("request.json") or {}
    before = old.read("request.json") or {}
    checkpoint = old.read("checkpoint.json")
    name = plan.output.name
    parts = [old.outputs / f"{name}.part", old.outputs / f"partial-{name}"]
    result = old.read("result.json")
    if is_through(old) and not name.lower().endswith(".gz"):
        parts.append(old.outputs / name)
    part = next((path for path in parts if path.exists()), None)
    if part is not None and result is not None and is_through(old):
        _copy(part, new.outputs / f"{name}.part")
        _copy(old.errors_file, new.errors_file)
        new.write("request.json", {**request, "doomed": before.get("doomed", {})})
        new.write("result.json", result)
        return int(result["counts"]["records_in"])
    if part is None or checkpoint is None or not _holds(part, old, checkpoint):
        return None
    _copy(part, new.outputs / f"{name}.part", size=checkpoint["output"])
    _copy(old.errors_file, new.errors_file, size=checkpoint["errors"])
    new.write("checkpoint.json", checkpoint)
    new.write("request.json", {**request, "resume": True, "doomed": before.get("doomed", {})})
    return int(checkpoint["index"])


def _holds(part: Path, old: JobFolder, checkpoint: dict[str, int]) -> bool:
    errors = old.errors_file.stat().st_size if old.errors_file.exists() else 0
    return part.stat().st_size >= checkpoint["output"] and errors >= checkpoint["errors"]


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
