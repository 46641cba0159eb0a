"""Copy the progress of an ended job into its retry: all that its runners had finished.

Output and errors are cut at the last checkpoint and the runner continues from there, so that the
result is byte for byte that of an uninterrupted job.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.chunks import ByteRange, Chunk, chunk_size
from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.formats import open_bytes
from modelop_jupyter.formats.compression import compression_named
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.input_files import size_of
from modelop_jupyter.jobs.protocol import (
    Checkpoint,
    ConversionEnd,
    OutputParts,
    ResultCounts,
    RunnerRequest,
    RunnerResult,
    SkippedRecord,
    StoredOutput,
    error_of,
    line_of,
)
from modelop_jupyter.jobs.request import request_skips
from modelop_jupyter.jobs.sharding import chunks, stored_outputs
from modelop_jupyter.jobs.sharding.chunks import COUNTS, TRIES

_BLOCK = 1 << 20
# ModelOp's reason for a failure, by the stage of the first bad record; runner/journal.py has them, too.
REASONS = {
    "input encoding": "input record rejected by encoding",
    "input schema": "input record rejected by schema",
    "model": (
        "An output error occurred during model execution, please check the engine logs for details"
    ),
    "output encoding": "output record rejected by encoding",
    "output schema": "output record rejected by schema",
}


def copy_inputs(plan: Plan, old: JobFolder, new: JobFolder) -> Plan:
    """Copy inputs that exist only in the old job's folder; return the plan with the new paths."""
    for data in plan.inputs:
        path = Path(data.path)
        # A missing input is reported where inputs are checked.
        if path.parent == old.inputs and path.is_file():
            _copy(path, new.inputs / path.name)
    return replace(plan, inputs=tuple(_moved(data, old, new) for data in plan.inputs))


def copy_progress(
    plan: Plan, old: JobFolder, new: JobFolder, *, objects: Mapping[str, ObjectState]
) -> int | None:
    """Copy what the old job's runners finished; return the number of records that are done.

    None if there is nothing to continue from. ``new`` is staged already; it gets the worker folders
    of the old job. ``objects`` are those where the outputs of its chunks go: a chunk whose object is
    not among them any more is not done. Raises :class:`DamagedJobError`, before anything is copied, if
    files are damaged.
    """
    require_same_conversions(plan, old, new)
    if plan.is_cut_for_engine and not is_finished(old):
        return _copy_for_engine(plan, old, new, objects)
    parts = () if is_finished(old) else chunks.chunks_of(old)
    if not parts:
        saved = _progress_of(plan, old, objects)
        return None if saved is None else _copy_to(plan, saved, new)
    _require_all_ranges(parts, old, new)
    progress = {
        part: saved
        for part in parts
        if (saved := _progress_of(plan, chunks.chunk_folder(old, part), objects)) is not None
    }
    chunks.write_chunks(new, parts)
    done = [
        _copy_to(plan, saved, chunks.create_chunk_folder(new, part))
        for part, saved in progress.items()
    ]
    return sum(done) if done else None


def _copy_for_engine(
    plan: Plan, old: JobFolder, new: JobFolder, objects: Mapping[str, ObjectState]
) -> int | None:
    """Copy what is done, and cut the rest into chunks that an engine's nodes share.

    What a runner of this machine had done up to its checkpoint becomes a chunk that is finished.
    Chunks keep their names, and what is cut of one are its pieces.
    """
    inputs = new.require(RunnerRequest).inputs[0].each_file
    size = sum(size_of(data) for data in inputs)
    new_parts: list[Chunk] = []
    done: list[tuple[Chunk, _Progress | None]] = []
    for part, border, saved in _finished_parts(plan, old, new, objects):
        rest = replace(part.range, start=border)
        ranges = chunks.cut_range(inputs[part.file], rest, chunk_size(size))
        is_begun = border > part.range.start
        if is_begun:
            ranges = [replace(part.range, end=border), *ranges]
        pieces = [
            Chunk(part.id if len(ranges) == 1 else f"{part.id}.{number}", part.file, one)
            for number, one in enumerate(ranges)
        ]
        if is_begun:
            done.append((pieces[0], saved))
        new_parts += pieces
    chunks.write_chunks(new, new_parts)
    counts: list[int] = []
    is_converted = chunks.is_converted(new)
    for part, saved in done:
        folder = chunks.create_chunk_folder(new, part)
        if saved is not None and is_converted:
            # It goes on at its checkpoint, which is no border of the file's own.
            counts.append(_copy_to(plan, saved, folder))
        else:
            counts.append(_copy_finished(plan, saved, folder))
    return sum(counts) if counts else None


def _finished_parts(
    plan: Plan, old: JobFolder, new: JobFolder, objects: Mapping[str, ObjectState]
) -> Iterator[tuple[Chunk, int, _Progress | None]]:
    """Yield the parts of the input, each with the border up to which it is done, and what came of it.

    What one runner has done of several files is that of the first part; those behind it that are done
    have nothing of their own, as nobody knows which output belongs to which file.
    """
    parts = chunks.chunks_of(old)
    if parts:
        _require_all_ranges(parts, old, new)
        for part in parts:
            saved = _progress_of(plan, chunks.chunk_folder(old, part), objects)
            border = part.range.start if saved is None else saved.border(part.range)
            if saved is not None and chunks.is_converted(new):
                border = part.range.end
            yield part, border, saved
        return
    saved = _progress_of(plan, old, objects)
    reached = 0 if saved is None or saved.checkpoint is None else saved.checkpoint.file or 0
    for number, data in enumerate(new.require(RunnerRequest).inputs[0].each_file):
        whole = chunks.whole_range(data)
        border = whole.end if number < reached else whole.start
        if number == reached and saved is not None:
            border = saved.border(whole)
        yield Chunk(str(number), number, whole), border, saved if number == 0 else None


def _copy_finished(plan: Plan, saved: _Progress | None, new: JobFolder) -> int:
    """Copy what a runner had done as a finished chunk, also where it was at a checkpoint."""
    if saved is None:
        (new.outputs / f"{plan.output.name}.part").touch(files.PRIVATE)
        new.write(RunnerResult("COMPLETE", "SUCCESS", ResultCounts(**dict.fromkeys(COUNTS, 0)), {}))
        return 0
    checkpoint = saved.checkpoint
    if checkpoint is None or saved.output is None:
        return _copy_to(plan, saved, new)
    _copy(saved.output, new.outputs / f"{plan.output.name}.part", size=checkpoint.output)
    _copy(saved.folder.errors_file, new.errors_file, size=checkpoint.errors)
    _copy_printed(saved.folder, new, before=checkpoint.index)
    done = {i: reason for i, reason in saved.skipped.items() if int(i) < checkpoint.index}
    request_skips(new, done, resumes=False)
    counts = ResultCounts(**{name: checkpoint.counts.get(name, 0) for name in COUNTS})
    tries = {name: checkpoint.counts[name] for name in TRIES if name in checkpoint.counts}
    counts = replace(counts, scored=counts.records_in - counts.rejected - counts.failed, **tries)
    has_bad = counts.rejected or counts.failed
    result = "FAILURE" if has_bad else "SUCCESS"
    reason = next((REASONS.get(stage) for stage in checkpoint.stages), None)
    new.write(RunnerResult("COMPLETE", result, counts, checkpoint.stages, reason=reason))
    return counts.records_in


def require_same_conversions(plan: Plan, old: JobFolder, new: JobFolder) -> None:
    """Check that inputs that the host converted have their earlier sizes.

    A checkpoint has offsets in them. What was fetched has been compared with its object. Raises
    :class:`DamagedJobError` for the old job's copy; that of the new job was made just now.
    """
    if chunks.is_converted(old):
        return  # its checkpoints are of chunks, which are converted again
    fetched = [data.path for data in plan.inputs if data.remotes]
    inputs = new.require(RunnerRequest).inputs
    for data in (one for several in inputs for one in several.each_file):
        path = Path(data.path)
        if data.path in fetched:
            continue
        before = old.inputs / path.name
        if path.parent == new.inputs and not _has_size(before, path.stat().st_size):
            raise old.damaged(f"inputs/{path.name}", "it does not match the input")


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def is_finished(folder: JobFolder) -> bool:
    """Return whether the runner of a folder has reached the end of its input."""
    result = folder.read_if_whole(RunnerResult)
    if result is None or result.status != "COMPLETE":
        return False
    return not result.stopped_early or result.stopped_early == "limit"


@dataclass(frozen=True, slots=True)
class _Progress:
    """Files of a runner to continue from: complete with ``result``, or up to ``checkpoint``.

    The output is a file, or ``remote``: an object, or all of a job's.
    """

    folder: JobFolder
    output: Path | None
    skipped: Mapping[str, SkippedRecord]
    result: RunnerResult | None = None
    checkpoint: Checkpoint | None = None
    remote: StoredOutput | OutputParts | None = None

    def border(self, part: ByteRange) -> int:
        """Return up to where a range is done in which the runner has stopped."""
        if self.result is not None:
            return part.end
        return part.start if self.checkpoint is None else self.checkpoint.offset


def _progress_of(
    plan: Plan, old: JobFolder, objects: Mapping[str, ObjectState]
) -> _Progress | None:
    if not old.root.exists():
        return None
    request, result = old.require(RunnerRequest), old.read(RunnerResult)
    checkpoint = old.read(Checkpoint)
    name = plan.output.name
    outputs = [old.outputs / f"{name}.part", old.outputs / f"partial-{name}"]
    if is_finished(old) and compression_named(name) is None:
        outputs.append(old.outputs / name)
    output = next((path for path in outputs if path.is_file()), None)
    if result is not None and is_finished(old):
        stored = old.read(StoredOutput)
        if stored is not None and not stored_outputs.is_there(stored, objects):
            return None
        remote = stored or (old.read(OutputParts) if plan.output.prefix else None)
        if output is None and remote is None:
            return None
        _require_whole(old, request, output, result)
        return _Progress(old, output, request.skipped, result=result, remote=remote)
    if checkpoint is None:
        return None
    if output is None:
        raise old.damaged(f"outputs/{name}.part", "it is gone")
    _require_lines(old, f"outputs/{output.name}", checkpoint.output)
    _require_lines(old, "errors.jsonl", checkpoint.errors)
    return _Progress(old, output, request.skipped, checkpoint=checkpoint)


def _copy_to(plan: Plan, saved: _Progress, new: JobFolder) -> int:
    target = new.outputs / f"{plan.output.name}.part"
    if saved.result is not None:
        if saved.remote is not None:
            new.write(saved.remote)
        elif saved.output is not None:
            _copy(saved.output, target)
        _copy(saved.folder.errors_file, new.errors_file)
        _copy_printed(saved.folder, new)
        request_skips(new, saved.skipped, resumes=False)
        converted = saved.folder.read(ConversionEnd)
        if converted is not None:
            new.write(converted)
        new.write(saved.result)
        return saved.result.counts.records_in
    checkpoint = saved.checkpoint
    if checkpoint is None or saved.output is None:
        return 0
    _copy(saved.output, target, size=checkpoint.output)
    _copy(saved.folder.errors_file, new.errors_file, size=checkpoint.errors)
    _copy_printed(saved.folder, new, before=checkpoint.index)
    new.write(checkpoint)
    request_skips(new, saved.skipped, resumes=True)
    return checkpoint.index


def _copy_printed(old: JobFolder, new: JobFolder, *, before: int | None = None) -> None:
    """Copy what records printed: of all of them, or of those before an index."""
    kept = [line for line in old.printed() if before is None or line.index < before]
    if kept:
        files.write_bytes(new.printed_file, b"".join(map(line_of, kept)))


def _require_all_ranges(parts: Sequence[Chunk], old: JobFolder, new: JobFolder) -> None:
    """Check that the chunks cover the input: a missing one would lose records."""
    for number, data in enumerate(new.require(RunnerRequest).inputs[0].each_file):
        end = 0
        for part in (part for part in parts if part.file == number):
            if part.range.start != end:
                raise old.damaged("workers", "not all of them are there")
            end = part.range.end
        if end != chunks.whole_range(data).end:
            raise old.damaged("workers", "not all of them are there")


def _require_lines(folder: JobFolder, name: str, size: int) -> None:
    """Check that a file reaches the size in a checkpoint, at the end of a line."""
    path = folder.root / name
    try:
        with path.open("rb") as file:
            file.seek(max(0, size - 1))
            last_byte = file.read(1)
    except FileNotFoundError:
        last_byte = b""
    except OSError as error:
        raise folder.damaged(name, (error.strerror or str(error)).lower()) from None
    if size and not last_byte:
        raise folder.damaged(name, "it is shorter than checkpoint.json says")
    if size and last_byte != b"\n":
        raise folder.damaged(name, "it was changed after it was written")
    if path == folder.errors_file and size:
        _require_errors(folder, size)


def _require_errors(folder: JobFolder, size: int) -> None:
    with folder.errors_file.open("rb") as file:
        while file.tell() < size:
            if error_of(file.readline()) is None:
                raise folder.damaged("errors.jsonl", "it was changed after it was written")


def _require_whole(
    folder: JobFolder, request: RunnerRequest, output: Path | None, result: RunnerResult
) -> None:
    """Check that output and errors agree with the end marker, as far as lines can show."""
    # A row of CSV may span lines.
    records = result.counts.records_out
    has_lines = request.output.format == "json"
    if output is not None and has_lines and extent_of(output)[0] != records:
        raise folder.damaged(
            f"outputs/{output.name}", "it does not contain the records that were written"
        )
    if any(error is None for error in folder.error_lines(is_whole=True)):
        raise folder.damaged("errors.jsonl", "it was changed after it was written")


def extent_of(path: Path) -> tuple[int, int]:
    """Return the number of lines and bytes of a file, after decompression."""
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
    """Copy a file or its first ``size`` bytes; nothing if the source was never written."""
    if not source.exists():
        return
    if size is None:
        shutil.copy2(source, target)
        return
    with source.open("rb") as reader, files.open_private(target, "wb") as writer:
        remaining = size
        while remaining and (block := reader.read(min(remaining, _BLOCK))):
            writer.write(block)
            remaining -= len(block)
        writer.flush()
        os.fsync(writer.fileno())
