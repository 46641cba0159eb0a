"""Chunks: the parts of a job's input that are scored apart and joined in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelop_jupyter.domain.wire import OPTIONAL

# Large enough that starting a runner for it costs little, small enough to be sent and scored again.
LARGEST_CHUNK = 32 << 20
SMALLEST_CHUNK = 1 << 14
_FEWEST_CHUNKS = 16


# An end behind that of any file: of one whose size is not known before all of it is read.
TO_END = 1 << 62


@dataclass(frozen=True, slots=True)
class GzipMember:
    """A member of a gzip file: where it begins in the file, and its text in the text of the whole."""

    zipped: int
    text: int


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes of one file from ``start`` up to ``end``, at borders of records.

    Of a gzip file they are bytes of its text, and ``member`` is where reading may begin. Of a Parquet
    or Avro file they hold the row groups or blocks that begin there.
    """

    start: int
    end: int
    member: GzipMember | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a job's input: a range of one of its files.

    ``id`` counts from 0 in the order of records over all files; the halves of chunk ``7`` are
    ``7.0`` and ``7.1``. A chunk is named ``job:id``, which neither a retry nor the engine that
    scores it changes.
    """

    id: str
    file: int
    range: ByteRange

    @property
    def order(self) -> tuple[int, ...]:
        """What sorts chunks in the order of records."""
        return tuple(map(int, self.id.split(".")))

    def name(self, job: str) -> str:
        return f"{job}:{self.id}"


@dataclass(frozen=True, slots=True)
class ChunkCounts:
    """How many of a job's chunks are done."""

    done: int
    total: int


def chunk_size(size: int) -> int:
    """Return how large the chunks of an input of so many bytes are to be."""
    return max(SMALLEST_CHUNK, min(LARGEST_CHUNK, size // _FEWEST_CHUNKS))
