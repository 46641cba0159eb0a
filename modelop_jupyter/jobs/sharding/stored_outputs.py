"""Outputs of chunks as objects: the parts of a job's output, or what is kept until it is joined.

Where the user names a prefix (``-o s3://bucket/scores/``), each chunk's output is an object of its own
there. Where the user has configured a place for chunks, nodes leave their outputs there, and the
supervisor fetches them when it joins them. Either way an object appears when its chunk is done,
``stored.json`` in the chunk's folder tells of it, and a chunk without output records has none.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from modelop_jupyter.domain.chunks import Chunk
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.errors import (
    ModelOpError,
    ObjectChangedError,
    ObjectNotFoundError,
    OutputError,
    StorageError,
)
from modelop_jupyter.formats.csvfile import first_row
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import OutputPart, OutputParts, RunnerResult, StoredOutput
from modelop_jupyter.masking import mask
from modelop_jupyter.storage import Address, list_objects, remove, remove_below, upload

_DIGITS = 6
_NAME = re.compile(rf"part-(\d{{{_DIGITS},}}(?:-\d{{{_DIGITS},}})*)\.[a-z]+")
# An empty file: objects that a job should have removed are still there.
_LEFT = "chunks-left"


def address_of(plan: Plan, chunk: str) -> str | None:
    """Return where the output of a chunk goes as an object, None where it goes to the job's folder.

    The name depends on the chunk alone: an attempt that is run again replaces the one before.
    """
    prefix = plan.objects_prefix
    return None if prefix is None else prefix + name_of(chunk, plan.output)


def name_of(chunk: str, output: OutputTarget) -> str:
    """Return the name of a chunk's object; names stand in the order of records.

    Chunk 7 is ``part-000007.json``, and its third piece ``part-000007-000002.json``.
    """
    numbers = "-".join(number.zfill(_DIGITS) for number in chunk.split("."))
    return f"part-{numbers}{PurePosixPath(output.name).suffix.lower()}"


def _chunk_of(name: str) -> str | None:
    """Return the id of the chunk whose object has a name, None for another object."""
    match = _NAME.fullmatch(name)
    return None if match is None else ".".join(str(int(n)) for n in match[1].split("-"))


def put(path: Path, address: str, *, format: str) -> StoredOutput | None:
    """Upload the output of a chunk that is done; returns None where it has no records.

    ``format`` is the runner's. Raises :class:`StorageError` and :class:`OSError`.
    """
    if not path.exists() or not path.stat().st_size:
        return None
    header = None
    if format == "csv":
        with path.open("rb") as file:
            # Each byte as a character: it is compared, and never shown so.
            header = first_row(file).decode("latin-1")
    return StoredOutput(upload(path, address), header)


def failed_upload(error: Exception, path: Path, address: str, *, job: str) -> OutputError:
    """Return the error of an output that could not be written as an object, with the way to do so again."""
    reason = error.message if isinstance(error, ModelOpError) else str(error)
    remedy = f"'job retry {job}' uploads it again"
    if isinstance(error, ModelOpError) and error.hint:
        remedy = f"{remedy}. {error.hint}"
    shown = mask(address)
    return OutputError(shown, reason.removeprefix(f"{shown} "), str(path), remedy)


def objects_of(plan: Plan) -> Mapping[str, ObjectState]:
    """Return what lies where the chunks' outputs of a job go, by name; nothing where they go nowhere."""
    return objects_at(plan.objects_prefix) if plan.objects_prefix else {}


def objects_at(prefix: str) -> Mapping[str, ObjectState]:
    """Return the objects below a prefix, by what their addresses have behind it."""
    address = Address.parse(prefix)
    return {each.address.removeprefix(address.shown): each for each in list_objects(address)}


def foreign_to(chunks: Sequence[Chunk], names: Iterable[str]) -> list[str]:
    """Return the names of objects that no chunk of a job can have, nor what it was cut of or into."""
    family = _Family(chunk.id for chunk in chunks)
    return [name for name in names if not family.has(_chunk_of(name))]


class _Family:
    """Chunks by their ids, what they were cut of, and what they can be cut into."""

    def __init__(self, chunks: Iterable[str]) -> None:
        self._own = set(chunks)
        self._older = {older for chunk in self._own for older in _cut_of(chunk)}

    def has(self, chunk: str | None) -> bool:
        if chunk is None:
            return False
        is_known = chunk in self._own or chunk in self._older
        return is_known or any(older in self._own for older in _cut_of(chunk))


def _cut_of(chunk: str) -> Iterator[str]:
    """Yield the chunks that one was cut of, by their ids."""
    while "." in chunk:
        chunk = chunk.rpartition(".")[0]
        yield chunk


def is_there(stored: StoredOutput, objects: Mapping[str, ObjectState]) -> bool:
    """Say whether an output is still the object that it was stored as."""
    now = objects.get(stored.state.name)
    return now is not None and stored.state.difference(now) is None


def parts_of(folders: Iterable[JobFolder]) -> OutputParts:
    """Return the objects that the chunks with these folders have left."""
    parts: list[OutputPart] = []
    for folder in folders:
        stored, result = folder.read(StoredOutput), folder.read(RunnerResult)
        if stored is not None and result is not None:
            parts.append(OutputPart(stored.state, result.counts.records_out))
    return OutputParts(tuple(parts))


def settle(prefix: str, parts: OutputParts) -> None:
    """Have the objects below a prefix be the job's output: all parts, and none of their records twice.

    A chunk that was cut into pieces may have left an object of the whole, and a retry before this one
    those of pieces. Raises :class:`StorageError` for a part that is gone or was replaced.
    """
    objects = objects_at(prefix)
    names = [part.state.name for part in parts.parts]
    for name, part in zip(names, parts.parts, strict=True):
        now = objects.get(name)
        if now is None:
            raise ObjectNotFoundError(
                part.state.address,
                "is gone: it was removed after the job had put it there",
                "'job retry' makes it again",
            )
        if difference := part.state.difference(now):
            raise ObjectChangedError(
                part.state.address,
                f"was replaced after the job had put it there: {difference}",
                "Let one job at a time write there; 'job retry' makes it again",
            )
    of_the_same_chunks = _Family(filter(None, map(_chunk_of, names)))
    for name in set(objects) - set(names):
        if of_the_same_chunks.has(_chunk_of(name)):
            remove(Address.parse(prefix).child(name))


def clear(prefix: str, folder: JobFolder) -> None:
    """Remove the outputs of chunks that are joined; where that fails, the job's log says so."""
    left = folder.root / _LEFT
    try:
        remove_below(prefix)
    except StorageError as error:
        folder.log(
            "warning",
            f"the outputs of chunks stay at {mask(prefix)}: {error.message}."
            " 'job gc' removes them with the job",
        )
        left.touch(mode=0o600)
    else:
        with contextlib.suppress(FileNotFoundError):
            left.unlink()


def may_be_left(folder: JobFolder) -> bool:
    """Say whether outputs of a job's chunks may lie at the place for them, joined or not."""
    return folder.workers_folder.is_dir() or (folder.root / _LEFT).exists()
