"""Put a task together from a job's folder, and what it left into that folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from modelop_jupyter import files
from modelop_jupyter.domain.chunks import TO_END, Chunk
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.engines.base import Task
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.formats.cuts import cut_of
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.nodes.messages import (
    BLOB,
    ERRORS,
    OUTPUT,
    PIECE,
    PRINTED,
    RESUMED,
    TRAINED,
    WHEEL,
    NodeInput,
    NodeOutcome,
    NodeTask,
    Piece,
    encode,
    own_platform,
    own_release,
)
from modelop_jupyter.jobs.protocol import (
    Checkpoint,
    NodeProof,
    RequestInput,
    RunnerRequest,
    SkippedRecord,
)
from modelop_jupyter.jobs.request import request_skips, write_request, write_worker_request
from modelop_jupyter.jobs.sharding import chunks, stored_outputs
from modelop_jupyter.registry.blobs import BlobStore


def task_of(
    plan: Plan,
    folder: JobFolder,
    blobs: BlobStore,
    *,
    chunk: Chunk | None,
    blobs_to_send: tuple[str, ...],
    sends_input: bool,
    wheels: Mapping[str, Path] = MappingProxyType({}),
) -> Task:
    """Return the task of a chunk, or of the whole job where it is None.

    ``blobs_to_send`` are digests that the node lacks, ``wheels`` those of its environment;
    ``sends_input``: it lacks the input, too.
    """
    request = folder.require(RunnerRequest)
    own = folder if chunk is None else chunks.chunk_folder(folder, chunk)
    sent = {f"{BLOB}{digest}": blobs.read(digest) for digest in blobs_to_send}
    sent |= {f"{WHEEL}{digest}": path.read_bytes() for digest, path in wheels.items()}
    checkpoint = own.read(Checkpoint) if plan.can_resume else None
    if checkpoint is not None:
        sent |= _resumed_files(own, plan, checkpoint)
    inputs: list[NodeInput] = []
    for number, data in enumerate(files_of(request, chunk)):
        found = _node_input(data)
        if sends_input and data.remote is None:
            found, content = _in_pieces(found, data, chunk, prefix=f"{PIECE}{number}/")
            sent |= content
        inputs.append(found)
    skipped = own.require(RunnerRequest).skipped if own.has(RunnerRequest) else {}
    task = NodeTask(
        release=own_release(),
        platform=own_platform(),
        plan=plan,
        request=request,
        job_document=(folder.root / "job.json").read_text(),
        inputs=tuple(inputs),
        chunk=chunk,
        skipped=skipped,
        checkpoint=checkpoint,
        store_at=None if chunk is None else stored_outputs.address_of(plan, chunk.id),
    )
    return Task(task.name, encode(task), sent)


def _resumed_files(own: JobFolder, plan: Plan, checkpoint: Checkpoint) -> dict[str, bytes]:
    """Return what a runner had written up to its checkpoint."""
    part = own.outputs / f"{plan.output.name}.part"
    sizes = {part: checkpoint.output, own.errors_file: checkpoint.errors}
    if own.printed_file.exists():
        sizes[own.printed_file] = own.printed_file.stat().st_size
    return {
        f"{RESUMED}{path.relative_to(own.root).as_posix()}": _start_of(path, size)
        for path, size in sizes.items()
        if path.exists()
    }


def _start_of(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def files_of(request: RunnerRequest, chunk: Chunk | None) -> list[RequestInput]:
    """Return the files that a task reads, each as an input."""
    if chunk is not None:
        return [request.inputs[0].each_file[chunk.file]]
    return [file for data in request.inputs for file in data.each_file]


def _node_input(data: RequestInput) -> NodeInput:
    if data.remote is not None:
        return NodeInput(data.path, data.remote.size or 0, 0, remote=data.remote)
    status = Path(data.path).stat()
    return NodeInput(data.path, status.st_size, status.st_mtime_ns)


def _in_pieces(
    found: NodeInput, data: RequestInput, chunk: Chunk | None, *, prefix: str
) -> tuple[NodeInput, dict[str, bytes]]:
    """Return an input with what a task reads of it."""
    content: dict[int, bytes] = {}
    is_unzipped = False
    with Path(data.path).open("rb") as file:
        if chunk is None:
            content[0] = file.read()
        else:
            cut = cut_of(data.format, gzip=data.gzip, delimiter=data.delimiter)
            if cut is None or chunk.range.end >= TO_END:
                content[0] = file.read()
            else:
                is_unzipped, text = data.gzip, cut.text(file, chunk.range)
                for place in cut.needed(text, chunk.range):
                    text.seek(place.start)
                    content[place.start] = text.read(place.end - place.start)
    pieces = tuple(Piece(offset, f"{prefix}{offset}") for offset in content)
    named = {f"{prefix}{offset}": data for offset, data in content.items()}
    return replace(found, pieces=pieces, is_unzipped=is_unzipped), named


def request_skip(folder: JobFolder, chunk: Chunk, reason: SkippedRecord) -> None:
    """Have the only record of a chunk counted as failed without being scored."""
    own = chunks.create_chunk_folder(folder, chunk)
    request_skips(own, {"0": reason}, resumes=False)


def store_outcome(
    folder: JobFolder,
    chunk: Chunk | None,
    outcome: NodeOutcome,
    left: Mapping[str, bytes],
) -> None:
    """Write what a task left: a chunk's folder appears complete or not at all."""
    if chunk is None:
        _write(folder, outcome, left)
        return
    target = chunks.chunk_folder(folder, chunk)
    folder.workers_folder.mkdir(mode=0o700, exist_ok=True)
    if target.root.exists():
        # What an earlier attempt had left up to its checkpoint.
        shutil.rmtree(target.root)
    with files.new_folder(target.root) as temporary:
        own = JobFolder(temporary)
        own.outputs.mkdir()
        write_worker_request(own, folder.require(RunnerRequest), chunk, str(target.work))
        request_skips(own, outcome.skipped, resumes=False)
        _write(own, outcome, left)


def _write(own: JobFolder, outcome: NodeOutcome, left: Mapping[str, bytes]) -> None:
    for name, data in left.items():
        files.write_bytes(_target_of(own, name), data)
    if outcome.stored is not None:
        own.write(outcome.stored)
    if outcome.proof is not None:
        own.write(NodeProof(outcome.host, outcome.proof))
    if outcome.converted is not None:
        own.write(outcome.converted)
    if outcome.result is not None:
        own.write(outcome.result)
    elif outcome.skipped:
        write_request(own, replace(own.require(RunnerRequest), skipped=outcome.skipped))


def _target_of(own: JobFolder, name: str) -> Path:
    """Return where a file of a node belongs; raises :class:`InvalidError` for what no task leaves."""
    path = own.root / name
    if not name.startswith((OUTPUT, TRAINED)) and name not in (ERRORS, PRINTED):
        raise InvalidError(f"a node returned a file {name!r} that no task has")
    # Nor through a link that the model's files have.
    if not path.parent.resolve().is_relative_to(own.root.resolve()) or ".." in path.parts:
        raise InvalidError(f"a node returned a file with the path {name!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
