"""Join the outputs of chunks to one file; CSV has one header, that of the first chunk with rows."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelop_jupyter.errors import ColumnsError
from modelop_jupyter.formats.csvfile import allow_long_cells, first_row
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import Checkpoint, RequestOutput, RunnerResult, StoredOutput
from modelop_jupyter.storage import BLOCK_SIZE, open_object

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk's output stands in the joined one: from ``start`` on, without a header."""

    start: int
    header: int

    def of(self, offset: int) -> int:
        """Return where an offset of the chunk's own output is."""
        return self.start + max(0, offset - self.header)


@dataclass(frozen=True, slots=True)
class _ChunkOutput:
    """The output of a chunk: a file of its folder, or an object."""

    size: int
    header: bytes
    file: Path | StoredOutput

    def copy_to(self, target: IO[bytes], *, start: int) -> None:
        if isinstance(self.file, StoredOutput):
            state = self.file.state
            with open_object(state.address, expected=state) as remote:
                remote.seek(start)
                shutil.copyfileobj(remote, target, BLOCK_SIZE)
            return
        with self.file.open("rb") as file:
            file.seek(start)
            shutil.copyfileobj(file, target, _BLOCK)


class JoinedOutput:
    """The file that the outputs of chunks are appended to, in their order.

    Without a ``target`` they stay what they are, and only their places in the whole are told.
    """

    def __init__(self, output: RequestOutput, target: IO[bytes] | None) -> None:
        self._output = output
        self._target = target
        self._header = b""
        self._end = 0

    def append(self, chunk: JobFolder, *, records: int) -> Place:
        """Append a chunk's output, before which so many records were read.

        Raises :class:`ColumnsError` for one that has other columns, and appends nothing then, and
        :class:`StorageError` for an object that cannot be read.
        """
        found = self._output_of(chunk)
        if found is None:
            return Place(self._end, 0)
        place = Place(self._end, 0)
        if found.header and not self._header:
            self._header = found.header
        elif found.header and found.header != self._header:
            raise self._other_columns(chunk, found.header, records)
        else:
            place = Place(place.start, len(found.header))
        if self._target is not None:
            found.copy_to(self._target, start=place.header)
        self._end += found.size - place.header
        return place

    def _output_of(self, chunk: JobFolder) -> _ChunkOutput | None:
        stored = chunk.read(StoredOutput)
        if stored is not None:
            header = (stored.header or "").encode("latin-1")
            return _ChunkOutput(stored.state.size or 0, header, stored)
        path = chunk.outputs / f"{self._output.name}.part"
        if not path.exists():
            return None
        header = b""
        if self._output.format == "csv":
            with path.open("rb") as file:
                header = first_row(file)
        return _ChunkOutput(path.stat().st_size, header, path)

    def _other_columns(self, chunk: JobFolder, header: bytes, records: int) -> ColumnsError:
        left = chunk.read(RunnerResult) or chunk.read(Checkpoint)
        record = None if left is None else left.header_record
        return ColumnsError(
            None if record is None else record + records,
            records,
            self._columns(header),
            self._columns(self._header),
        )

    def _columns(self, header: bytes) -> Sequence[str]:
        allow_long_cells()
        text = io.StringIO(header.decode("utf-8", "replace"), newline="")
        return next(csv.reader(text, delimiter=self._output.delimiter), [])
