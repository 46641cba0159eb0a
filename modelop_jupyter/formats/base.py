"""What a format is: an object that reads records from a file, and perhaps writes them to one."""

from __future__ import annotations

import csv
import gzip
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, ClassVar, cast

# What readers raise, our own and those of libraries, for a file that is not what it should be.
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
    """A way to keep records in a file.

    ``runner_format`` is what the runner calls it when it reads such a file itself; None when the
    host converts to JSON lines first (architecture, decision 8).
    """

    name: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]
    runner_format: ClassVar[str | None]

    def require(self) -> None:  # noqa: B027 - most formats need nothing
        """Raise :class:`MissingExtraError` when the library that reads and writes it is not there."""

    @abstractmethod
    def read(self, path: Path) -> Iterator[Any]:
        """Yield the records of a file, one at a time."""

    def read_good(self, path: Path) -> Iterator[Any]:
        """Yield the records that can be read, passing over those that cannot."""
        return self.read(path)


class Writable(Format):
    """A format the host writes; the runner writes CSV and JSON lines by itself."""

    @abstractmethod
    def write(self, records: Iterable[Any], path: Path) -> None:
        """Write records to a file, which appears whole or not at all if the caller renames it."""


def is_gzip(path: Path) -> bool:
    """Say whether the bytes are gzip's, whatever the name says."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading, unpacked when it is gzip."""
    if is_gzip(path):
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")
