"""A range of a file as a file of its own."""

from __future__ import annotations

import io
from typing import BinaryIO

from modelop_jupyter.domain.chunks import ByteRange


def window(file: BinaryIO, part: ByteRange) -> BinaryIO:
    """Return a range of a file as a file of its own, for what cuts files."""
    return io.BufferedReader(_Window(file, part))


class _Window(io.RawIOBase):
    def __init__(self, file: BinaryIO, part: ByteRange) -> None:
        super().__init__()
        self._file = file
        self._part = part
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        size = self._part.end - self._part.start
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: size}[whence]
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._part.start + self._at)
        left = self._part.end - self._part.start - self._at
        data = self._file.read(max(0, min(len(buffer), left)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
