"""Cut one input into chunks, one runner for each at a time, and merge what the runners write.

``chunks.json`` lists the chunks. One that was begun has a folder below the job's, ``workers/0`` and
so on, which is a job folder to its runner. Its indices and offsets of output count from the
beginning of its chunk; here they become the job's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import IO

from modelop_jupyter import files
from modelop_jupyter.domain.chunks import TO_END, ByteRange, Chunk
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import ColumnsError, DamagedJobError, StorageError
from modelop_jupyter.formats.cut import Cut, RecordCut
from modelop_jupyter.formats.cuts import CsvCut, cut_of, record_cut
from modelop_jupyter.jobs.cleanup import trimming
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.input_files import open_input, open_text, size_of
from modelop_jupyter.jobs.protocol import (
    ALL_PRINTED_BYTES,
    ChunkList,
    ConversionEnd,
    ObservedEnvironment,
    Progress,
    RequestInput,
    ResultCounts,
    RunnerRequest,
    RunnerResult,
    StoredOutput,
    line_of,
)
from modelop_jupyter.jobs.request import write_worker_request
from modelop_jupyter.jobs.sharding import stored_outputs
from modelop_jupyter.jobs.sharding.joined_output import JoinedOutput, Place

TRIES = ("retried", "retries")
COUNTS = ("records_in", "scored", "rejected", "failed", "records_out")


def chunks_of(folder: JobFolder) -> tuple[Chunk, ...]:
    """Return the chunks of a job in the order of records, none where its input is not shared.

    Earlier releases wrote no list, and made the folders of all chunks at once. Raises
    :class:`DamagedJobError`.
    """
    stored = folder.read(ChunkList)
    if stored is not None:
        return stored.chunks
    chunks: list[Chunk] = []
    for worker in folder.workers:
        part = worker.require(RunnerRequest).range
        if part is None:
            raise worker.damaged(RunnerRequest.FILE, "it does not say what the worker had to do")
        chunks.append(Chunk(worker.root.name, 0, part))
    return tuple(chunks)


def cut_input(folder: JobFolder, count: int) -> tuple[Chunk, ...]:
    """Cut the job's input into about so many chunks; a list that is there already stays."""
    chunks = chunks_of(folder)
    if not chunks:
        chunks = _cut(folder.require(RunnerRequest).inputs[0], count)
        write_chunks(folder, chunks)
    return chunks


def write_chunks(folder: JobFolder, chunks: Sequence[Chunk]) -> None:
    """Write the list of a job's chunks."""
    folder.write(ChunkList(tuple(chunks)))


def is_converted(folder: JobFolder) -> bool:
    """Return whether each chunk of a job is converted before its runner starts."""
    return record_cut(folder.require(RunnerRequest).inputs[0].format) is not None


def input_size(folder: JobFolder) -> int:
    """Return the size of all files of the input that is shared."""
    inputs = folder.require(RunnerRequest).inputs[0].each_file
    return sum(size_of(data) for data in inputs)


def _cut(data: RequestInput, count: int) -> tuple[Chunk, ...]:
    """Return about ``count`` chunks of similar size, at least one for each file with records."""
    sizes = [size_of(one) for one in data.each_file]
    chunks: list[Chunk] = []
    for number, (one, size) in enumerate(zip(data.each_file, sizes, strict=True)):
        share = max(1, count * size // max(1, sum(sizes)))
        for part in _ranges(one, share):
            chunks.append(Chunk(str(len(chunks)), number, part))
    return tuple(chunks)


def _ranges(data: RequestInput, count: int) -> Sequence[ByteRange]:
    cut = _cut_of(data)
    if cut is None:
        return [ByteRange(0, TO_END)]
    with open_input(data) as file:
        return cut.ranges(file, size_of(data), count)


def _cut_of(data: RequestInput) -> Cut | None:
    return cut_of(data.format, gzip=data.gzip, delimiter=data.delimiter)


def whole_range(data: RequestInput) -> ByteRange:
    """Return the range of a whole input."""
    return next(iter(_ranges(data, 1)), ByteRange(0, 0))


def cut_range(data: RequestInput, part: ByteRange, size: int) -> list[ByteRange]:
    """Cut a range of a file into ranges of about so many bytes; one without a known end stays whole."""
    length, cut = part.end - part.start, cut_of(data.format, delimiter=data.delimiter)
    if cut is None or part.end >= TO_END or not length:
        return [part] if length else []
    with open_input(data) as file:
        return list(cut.cut_part(file, part, max(1, length // size)))


def chunk_folder(folder: JobFolder, chunk: Chunk) -> JobFolder:
    """Return the folder of a chunk, which need not be there yet."""
    return JobFolder(folder.workers_folder / chunk.id)


def create_chunk_folder(folder: JobFolder, chunk: Chunk) -> JobFolder:
    """Make the folder of a chunk with a working directory of its own, unless it is there."""
    created = chunk_folder(folder, chunk)
    if created.root.exists():
        return created
    request = folder.require(RunnerRequest)
    folder.console.touch(files.PRIVATE)
    folder.workers_folder.mkdir(mode=0o700, exist_ok=True)
    with files.new_folder(created.root) as temporary:
        worker = JobFolder(temporary)
        worker.create_content()
        shutil.copytree(folder.work, worker.work, symlinks=True, copy_function=files.copy)
        trimming.record_staged_files(worker)
        files.write_bytes(worker.root / "job.json", (folder.root / "job.json").read_bytes())
        # All workers print to the job's console.
        os.link(folder.console, worker.console)
        write_worker_request(worker, request, chunk, str(created.work))
    return created


def merge_outputs(plan: Plan, folder: JobFolder, *, is_partial: bool = False) -> None:
    """Concatenate the workers' outputs and errors in the job's folder; theirs stay.

    Outputs that stay objects are listed in ``parts.json`` instead. Raises :class:`OSError` on a full
    disk, :class:`DamagedJobError` for a damaged worker folder, :class:`ColumnsError` for CSV with other
    columns and :class:`StorageError` for an object that cannot be read, and leaves no partial files
    then. A partial output ends before the chunk with other columns, and nothing is fetched for it.
    """
    part, done = folder.outputs / f"{plan.output.name}.part", _chunk_folders(folder)
    stays = plan.output.prefix is not None
    if stays:
        folder.write(stored_outputs.parts_of(done))
    elif is_partial:
        stays = any(one.has(StoredOutput) for one in done)
    if stays:
        # Of a join that was interrupted.
        part.unlink(missing_ok=True)
    try:
        with (
            contextlib.nullcontext() if stays else files.open_private(part, "wb") as output,
            files.open_private(folder.errors_file, "wb") as errors,
            files.open_private(folder.printed_file, "wb") as printed,
        ):
            try:
                _concatenate(folder, output, errors, printed)
            except ColumnsError:
                if not is_partial:
                    raise
    except (OSError, DamagedJobError, ColumnsError, StorageError):
        for path in (part, folder.errors_file, folder.printed_file):
            path.unlink(missing_ok=True)
        raise


def _chunk_folders(folder: JobFolder) -> list[JobFolder]:
    return [chunk_folder(folder, chunk) for chunk in chunks_of(folder)]


def _concatenate(
    folder: JobFolder, output: IO[bytes] | None, errors: IO[bytes], printed: IO[bytes]
) -> None:
    request = folder.require(RunnerRequest)
    joined, record_count = JoinedOutput(request.output, output), 0
    inputs, text = request.inputs[0].each_file, _ConvertedText()
    for chunk in chunks_of(folder):
        worker, data = chunk_folder(folder, chunk), inputs[chunk.file]
        place = joined.append(worker, records=record_count)
        start = text.start_of(chunk, worker) if record_cut(data.format) else 0
        _append_errors(worker, errors, records=record_count, start=start, output=place)
        for line in worker.printed():
            if printed.tell() <= ALL_PRINTED_BYTES:
                printed.write(line_of(replace(line, index=line.index + record_count)))
        record_count += _records_of(worker, data, chunk.range)


class _ConvertedText:
    """Where the text that each chunk was converted to stands in that of its whole file."""

    def __init__(self) -> None:
        self._file = -1
        self._start: int | None = 0

    def start_of(self, chunk: Chunk, worker: JobFolder) -> int | None:
        """Return where a chunk's text begins; None behind one that was not converted to its end."""
        if chunk.file != self._file:
            self._file, self._start = chunk.file, 0
        start, end = self._start, worker.read(ConversionEnd)
        if start is not None and end is not None and end.error is None:
            self._start = start + end.size
        else:
            self._start = None
        return start


def remove_chunks(folder: JobFolder) -> None:
    """Remove the folders of all chunks at once, as half of them would mislead a retry."""
    # All workers ran in one environment, so one observation stands for all. Workers that had
    # finished in the job that this one resumes have none.
    observations = [worker.root / ObservedEnvironment.FILE for worker in folder.workers]
    observation = next((path for path in observations if path.exists()), None)
    if observation is not None:
        files.write_bytes(folder.root / observation.name, observation.read_bytes())
    done = folder.workers_folder.with_name("workers.done")
    files.rename(folder.workers_folder, done)
    (folder.root / ChunkList.FILE).unlink(missing_ok=True)
    shutil.rmtree(done, ignore_errors=True)


def merge_results(results: Sequence[RunnerResult]) -> RunnerResult:
    """Return the end markers of all workers as one."""
    stages: dict[str, int] = {}
    for result in results:
        for stage, count in result.stages.items():
            stages[stage] = stages.get(stage, 0) + count
    ended = next((result for result in results if result.is_error), results[0])
    has_failed = any(result.result == "FAILURE" for result in results)
    sums = {name: sum(getattr(result.counts, name) for result in results) for name in COUNTS}
    return replace(
        ended,
        result="FAILURE" if has_failed else ended.result,
        counts=ResultCounts(**sums, **summed_tries([result.counts for result in results])),
        stages=stages,
        reason=next((result.reason for result in results if result.reason), None),
        seconds=max(result.seconds for result in results),
    )


def summed_tries(counts: Collection[ResultCounts | Progress]) -> dict[str, int]:
    """Return how many records were tried again, and how often; empty where none may be."""
    known = [each for each in counts if each.retries is not None]
    if not known:
        return {}
    return {name: sum(getattr(each, name) or 0 for each in known) for name in TRIES}


def _append_errors(
    worker: JobFolder, target: IO[bytes], *, records: int, start: int | None, output: Place
) -> None:
    """Append a worker's errors, with positions that count from the beginning of the job.

    ``start`` is where its input begins, if its own positions count from there; None if nobody knows.
    """
    for error in worker.errors():
        span = error.output and tuple(map(output.of, error.output))
        place = error.input
        if place is not None and start != 0:
            place = None if start is None else (place[0] + start, *place[1:])
        moved = replace(error, index=error.index + records, input=place, output=span)
        target.write(line_of(moved))


def _records_of(worker: JobFolder, data: RequestInput, part: ByteRange) -> int:
    """Return the number of records in a range, even if its runner did not finish."""
    result = worker.read(RunnerResult)
    if result is not None:
        return result.counts.records_in
    cut = _cut_of(data)
    if isinstance(cut, (CsvCut, RecordCut)):
        with open_input(data) as file:
            return cut.count_records(file, part)
    return sum(1 for line in _lines(data, part.start, part.end) if line.strip(b" \t\r\n"))


def _lines(data: RequestInput, start: int, end: int) -> Iterator[bytes]:
    with contextlib.suppress(EOFError, OSError, zlib.error), open_text(data) as file:
        file.seek(start)
        while file.tell() < end and (line := file.readline()):
            yield line
