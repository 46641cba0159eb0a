"""Compressed files: gzip, bzip2, xz and Zstandard, told by their first bytes or by their names."""

from __future__ import annotations

import gzip
import io
import sys
from abc import ABC, abstractmethod
from pathlib import PurePath
from typing import IO, Any, BinaryIO, ClassVar, cast

from modelop_jupyter.errors import InvalidError

# Bytes of a beginning that tell every kind.
HEAD_BYTES = 10
_BUFFER = 1 << 16


class Compression(ABC):
    """A way to compress a file; equal content gives equal bytes."""

    ending: ClassVar[str]

    @abstractmethod
    def begins(self, head: bytes) -> bool:
        """Return whether a file with this beginning is compressed so."""

    @abstractmethod
    def reader(self, file: BinaryIO) -> IO[bytes]:
        """Return the content of an open file, which is closed with it; damage is an OSError."""

    @abstractmethod
    def writer(self, file: IO[bytes]) -> IO[bytes]:
        """Return a file whose content is compressed into an open one, which stays open."""

    def require(self) -> None:  # noqa: B027 - gzip is part of every Python
        """Raise :class:`InvalidError` where this Python cannot read or write such files."""


class Gzip(Compression):
    """gzip, which the runner reads itself."""

    ending = ".gz"

    def begins(self, head: bytes) -> bool:
        return head.startswith(b"\x1f\x8b")

    def reader(self, file: BinaryIO) -> IO[bytes]:
        packed = gzip.GzipFile(fileobj=file, mode="rb")
        packed.myfileobj = cast("io.FileIO", file)  # GzipFile closes this with itself
        return cast("IO[bytes]", packed)

    def writer(self, file: IO[bytes]) -> IO[bytes]:
        # Without a time in it.
        return cast("IO[bytes]", gzip.GzipFile("", "wb", 6, file, 0))


class _Library(Compression):
    """What another module of Python reads and writes, with a class and an error of its own."""

    command: ClassVar[str]

    @abstractmethod
    def _module(self) -> tuple[Any, type[Exception]]:
        """Return the class of files, and what is raised for damaged data; raises ImportError."""

    def require(self) -> None:
        try:
            self._module()
        except ImportError:
            raise InvalidError(
                f"this Python was built without what {self.ending} files need",
                f"Unpack the file first ({self.command}), or install a Python that has it",
            ) from None

    def reader(self, file: BinaryIO) -> IO[bytes]:
        self.require()
        kind, error = self._module()
        return io.BufferedReader(_Unpacked(kind(file, "rb"), file, error), _BUFFER)

    def writer(self, file: IO[bytes]) -> IO[bytes]:
        self.require()
        return cast("IO[bytes]", self._module()[0](file, "wb"))


class Bzip2(_Library):
    """bzip2."""

    ending = ".bz2"
    command = "bunzip2"
    # Of the first block of data, or of the end of a file without any.
    _BLOCKS = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")

    def begins(self, head: bytes) -> bool:
        # Three letters and a digit may well be the beginning of a text.
        return head.startswith(b"BZh") and head[4:10] in self._BLOCKS

    def _module(self) -> tuple[Any, type[Exception]]:
        import bz2

        return bz2.BZ2File, OSError


class Xz(_Library):
    """xz."""

    ending = ".xz"
    command = "unxz"

    def begins(self, head: bytes) -> bool:
        return head.startswith(b"\xfd7zXZ\x00")

    def _module(self) -> tuple[Any, type[Exception]]:
        import lzma

        return lzma.LZMAFile, lzma.LZMAError


class Zstandard(_Library):
    """Zstandard, of one frame or several (``pzstd``)."""

    ending = ".zst"
    command = "unzstd"

    def begins(self, head: bytes) -> bool:
        return head.startswith(b"\x28\xb5\x2f\xfd") or (
            # A frame that is skipped, as pzstd puts before each of its own.
            head[1:4] == b"\x2a\x4d\x18" and head[:1] in b"\x50\x51\x52\x53\x54\x55\x56\x57"
        )

    def _module(self) -> tuple[Any, type[Exception]]:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        return zstd.ZstdFile, zstd.ZstdError


class _Unpacked(io.RawIOBase):
    """The content of a compressed file, whose damage is an OSError."""

    def __init__(self, stream: Any, file: BinaryIO, error: type[Exception]) -> None:
        self._stream, self._file, self._error = stream, file, error

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        place: int = self._stream.seek(offset, whence)
        return place

    def tell(self) -> int:
        place: int = self._stream.tell()
        return place

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read1(len(buffer))
        except (EOFError, OSError, ValueError, self._error) as error:
            raise OSError(f"the compressed data is damaged: {error}") from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._file.close()
        super().close()


GZIP = Gzip()
COMPRESSIONS: tuple[Compression, ...] = (GZIP, Bzip2(), Xz(), Zstandard())


def compression_of(head: bytes) -> Compression | None:
    """Return how a file is compressed that begins with these bytes, None where it is not."""
    return next((each for each in COMPRESSIONS if each.begins(head)), None)


def compression_named(name: str) -> Compression | None:
    """Return how a file is compressed by its name, None where it is not."""
    lower = name.lower()
    return next((each for each in COMPRESSIONS if lower.endswith(each.ending)), None)


def bare_name(name: str) -> str:
    """Return a file's name in lower case, without the ending of a compression."""
    compression = compression_named(name)
    return name.lower().removesuffix(compression.ending if compression else "")


def ending_of(name: str) -> str:
    """Return the ending that says the format: ``.csv`` of ``in.csv`` and of ``in.csv.zst``."""
    return PurePath(bare_name(name)).suffix
