"""Sharing one input among several runners: byte ranges at record borders, and putting it together.

Each worker has a folder below the job's, ``workers/0`` and so on, which is a job folder to its
runner. Its indices, and offsets in its output, count from its own beginning; here they become the job's.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from modelop_jupyter import files
from modelop_jupyter.errors import DamagedJobError, ModelOpError
from modelop_jupyter.jobs import trimming
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Plan

_BLOCK = 1 << 20
_COUNTS = ("records_in", "scored", "rejected", "failed", "records_out")


def ranges(path: Path, count: int) -> list[tuple[int, int]]:
    """Cut a file of lines into at most so many ranges of about one size, each of whole lines."""
    size = path.stat().st_size
    cuts = [0]
    with path.open("rb") as file:
        for number in range(1, count):
            file.seek(max(size * number // count, cuts[-1]))
            file.readline()
            cuts.append(file.tell())
    cuts.append(size)
    return [(start, end) for start, end in pairwise(cuts) if start < end]


def divide(folder: JobFolder, count: int) -> list[JobFolder]:
    """Make folders for so many workers, or return those that are there already."""
    if not folder.workers:
        request: dict[str, Any] = folder.read("request.json") or {}
        _make(folder, ranges(Path(request["inputs"][0]["path"]), count))
    return folder.workers


def divide_like(old: JobFolder, folder: JobFolder) -> None:
    """Make the same workers' folders as another job has; none where those are not whole or damaged."""
    cuts = []
    try:
        for worker in old.workers:
            cut = (worker.read("request.json") or {})["range"]
            cuts.append((int(cut["start"]), int(cut["end"])))
    except (ModelOpError, ValueError, LookupError, TypeError, AttributeError):
        return
    _make(folder, cuts)


def _make(folder: JobFolder, cuts: Sequence[tuple[int, int]]) -> None:
    """Make the folders of all workers, which appear in one step: half of them would mislead a retry."""
    request = folder.read("request.json") or {}
    folder.console.touch(files.PRIVATE)
    making = files.temporary_name(folder.workers_folder)
    for number, (start, end) in enumerate(cuts):
        worker = JobFolder(making / str(number))
        worker.create()
        shutil.copytree(folder.work, worker.work, symlinks=True, copy_function=files.copy)
        trimming.note(worker)
        files.write_bytes(worker.root / "job.json", (folder.root / "job.json").read_bytes())
        # One console for all: what a model prints is read where it always is.
        os.link(folder.console, worker.console)
        work = folder.workers_folder / str(number) / worker.work.name
        own = {"work": str(work), "range": {"start": start, "end": end}}
        # The supervisor counts the bad records of all of them.
        worker.write("request.json", {**request, **own, "max_errors": None})
    files.rename(making, folder.workers_folder)


def gather(plan: Plan, folder: JobFolder) -> None:
    """Put the workers' outputs and errors together in the job's folder; theirs stay.

    Raises :class:`OSError` on a full disk and :class:`DamagedJobError` where a worker's folder is
    not what it was, and leaves nothing half done there.
    """
    part = folder.outputs / f"{plan.output.name}.part"
    try:
        with (
            files.open_private(part, "wb") as output,
            files.open_private(folder.errors_file, "wb") as errors,
        ):
            _gather(plan, folder.workers, output, errors)
    except (OSError, DamagedJobError):
        for path in (part, folder.errors_file):
            path.unlink(missing_ok=True)
        raise


def _gather(plan: Plan, workers: Sequence[JobFolder], output: IO[bytes], errors: IO[bytes]) -> None:
    before = records = 0
    for worker in workers:
        request = worker.read("request.json")
        if request is None or not request.get("range"):
            raise worker.damaged("request.json", "it does not tell what the worker had to do")
        _append_errors(worker, errors, records=records, output=before)
        before += _append(worker.outputs / f"{plan.output.name}.part", output)
        records += _records_of(worker, request)


def dissolve(folder: JobFolder) -> None:
    """Take the workers' folders away: all of them in one step, as half of them would mislead a retry."""
    # They all run in one environment, so that one proof is all proofs. Workers that had finished in
    # the job before this one have none.
    proofs = [worker.root / "proof.json" for worker in folder.workers]
    proof = next((path for path in proofs if path.exists()), None)
    if proof is not None:
        files.write_bytes(folder.root / "proof.json", proof.read_bytes())
    done = folder.workers_folder.with_name("workers.done")
    files.rename(folder.workers_folder, done)
    shutil.rmtree(done, ignore_errors=True)


def merged(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the end markers of all workers as one."""
    stages: dict[str, int] = {}
    for result in results:
        for stage, count in result["stages"].items():
            stages[stage] = stages.get(stage, 0) + count
    ended = next((each for each in results if each["status"] == "ERROR"), results[0])
    return {
        **ended,
        "result": "FAILURE" if any(r["result"] == "FAILURE" for r in results) else ended["result"],
        "counts": {name: sum(r["counts"][name] for r in results) for name in _COUNTS},
        "stages": stages,
        "reason": next((each["reason"] for each in results if each["reason"]), None),
        "seconds": max(each["seconds"] for each in results),
    }


def _append(path: Path, target: IO[bytes]) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as source:
        shutil.copyfileobj(source, target, _BLOCK)
    return path.stat().st_size


def _append_errors(worker: JobFolder, target: IO[bytes], *, records: int, output: int) -> None:
    """Append a worker's errors; where a record stands in the input they tell of the whole."""
    for error in worker.errors():
        error["index"] += records
        if error.get("output"):
            error["output"] = [offset + output for offset in error["output"]]
        target.write(json.dumps(error).encode() + b"\n")


def _records_of(worker: JobFolder, request: dict[str, Any]) -> int:
    """Return how many records a worker's range holds, whether or not it came to its end."""
    result = worker.read("result.json")
    if result is not None:
        return int(result["counts"]["records_in"])
    path, cut = Path(request["inputs"][0]["path"]), request["range"]
    return sum(1 for line in _lines(path, cut["start"], cut["end"]) if line.strip(b" \t\r\n"))


def _lines(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while file.tell() < end:
            yield file.readline()
