"""The interface of a file format, and reading bytes that may be compressed."""

from __future__ import annotations

import csv
import shutil
import struct
import tempfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, ClassVar, cast

from modelop_jupyter.formats.compression import GZIP, HEAD_BYTES, Compression, compression_of
from modelop_jupyter.safe_open import open_regular

Opener = Callable[[Path], BinaryIO]

# Raised by readers, also those of libraries, for a file that is damaged or of another format.
UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    RecursionError,
    csv.Error,
    struct.error,
    zlib.error,
)


class Format(ABC):
    """A file format of records.

    ``runner_format`` is the runner's name of it where the runner reads such a file itself; None
    where the host converts it to JSON lines first (architecture, decision 8).
    """

    name: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]
    runner_format: ClassVar[str | None]

    def require(self) -> None:  # noqa: B027 - most formats need nothing
        """Raise :class:`MissingExtraError` when the library for this format is not installed."""

    @abstractmethod
    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        """Yield the records of a file, one at a time; ``opener`` opens its bytes."""

    def write_frame(self, name: str, path: Path, target: Path) -> None:
        """Convert a file to a typed frame (spec 13.19); only formats with types can."""
        raise NotImplementedError(f"{self.name} files have no types")

    def read_all(self, path: Path) -> Iterator[Any]:
        """Yield every record that a runner counts, None for one that cannot be read."""
        return self.read(path)

    def read_good(self, path: Path) -> Iterator[Any]:
        """Yield the records that can be read, skipping those that cannot."""
        return self.read(path)


class Writable(Format):
    """A format that the host writes; CSV and JSON lines are written by the runner."""

    @abstractmethod
    def write(self, records: Iterable[Any], path: Path) -> None:
        """Write records to a file; the caller makes that atomic with a temporary name."""


def compression_at(path: Path, *, opener: Opener = open_regular) -> Compression | None:
    """Return how a file is compressed, whatever its name is; None where it is not."""
    with opener(path) as file:
        return compression_of(file.read(HEAD_BYTES))


def is_compressed(path: Path, *, opener: Opener = open_regular) -> bool:
    """Return whether a file holds compressed data, whatever its name is."""
    return compression_at(path, opener=opener) is not None


def is_gzip(path: Path, *, opener: Opener = open_regular) -> bool:
    """Return whether a file holds gzip data, whatever its name is."""
    return compression_at(path, opener=opener) is GZIP


def open_bytes(path: Path, *, opener: Opener = open_regular) -> IO[bytes]:
    """Open a regular file for reading, unpacked if it holds compressed data."""
    file = opener(path)
    compression = compression_of(file.read(HEAD_BYTES))
    file.seek(0)
    return file if compression is None else compression.reader(file)


def open_anywhere(path: Path, *, opener: Opener = open_regular) -> BinaryIO:
    """Open a regular file whose readers jump about in it: compressed data is unpacked first."""
    if not is_compressed(path, opener=opener):
        return opener(path)
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        with open_bytes(path, opener=opener) as source:
            shutil.copyfileobj(source, unpacked)
    except BaseException:
        unpacked.close()
        raise
    unpacked.seek(0)
    return cast("BinaryIO", unpacked)
