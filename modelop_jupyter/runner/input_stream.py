"""The bytes of one input: unzipped, counted, from one position to another, and cut into lines."""

import gzip
import io
import os
import stat
import zlib

from .errors import MalformedRecord, StageError
from .files import BLOCK, protect_descriptor
from .termination import exit_if_forked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .protocol import GzipMember, InputFile

BOM = b"\xef\xbb\xbf"
MEMORY_FACTOR = 4  # how much larger than its text a record may become
LARGE = 1 << 26  # bytes of a record, behind which free memory is looked at before more is read
PIECE = 1 << 15  # bytes; with the lines and values they become, they fit a processor's cache
GZIP_ERRORS = (EOFError, OSError, zlib.error)


def malformed_gzip(error: Exception) -> MalformedRecord:
    return MalformedRecord("damaged gzip data", f"the compressed data is damaged: {error}")


class RawInput(io.RawIOBase):
    """A readable file of the io module, made from a method ``take``; it closes ``file``."""

    file: "CountedFile | io.FileIO"

    def take(self, size: int) -> bytes:
        """Return some of the bytes that follow, none at the end."""
        raise NotImplementedError

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Any") -> int:
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.file.close()
        io.RawIOBase.close(self)


class CountedFile(RawInput):
    """The bytes of one input file; ``count`` of them have been read."""

    def __init__(self, path: str) -> None:
        RawInput.__init__(self)
        # O_NONBLOCK: a pipe must not wait for its writer.
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            self.file: io.FileIO = io.FileIO(protect_descriptor(os.open(path, flags)), "rb")
            if not stat.S_ISREG(os.fstat(self.file.fileno()).st_mode):
                self.file.close()
                raise StageError("read", "an input is not a regular file any more")
        except OSError as error:
            raise StageError("read", f"an input cannot be read: {error.strerror}") from error
        self.count = 0

    def go_to(self, offset: int) -> None:
        self.file.seek(offset)

    def take(self, size: int) -> bytes:
        exit_if_forked()
        try:
            data = self.file.read(size)
        except OSError as error:
            raise StageError("read", f"an input cannot be read: {error.strerror}") from error
        self.count += len(data)
        return data


class Unzipped:
    """Gzip data piece by piece, so that what stands before a damage is read."""

    def __init__(self, file: CountedFile) -> None:
        self.file = gzip.GzipFile(fileobj=file, mode="rb")

    def take(self, size: int) -> bytes:
        return self.file.read1(size)


class InputStream(RawInput):
    """An input from one byte up to another one (None: to its end), counted without its compression.

    ``offset`` is where the next byte stands. Compressed data is read from a ``member`` on.
    """

    def __init__(
        self,
        item: "InputFile",
        begin: int = 0,
        end: "int | None" = None,
        member: "GzipMember | None" = None,
    ) -> None:
        RawInput.__init__(self)
        self.file: CountedFile = CountedFile(item["path"])
        self.is_zipped = bool(item.get("gzip"))
        self.source = Unzipped(self.file) if self.is_zipped else self.file
        self.offset, self.end = 0, end
        if member and self.is_zipped:
            self.file.go_to(member["zipped"])
            self.offset = member["text"]
        self.go_to(begin)
        self.begin = self.offset

    def go_to(self, offset: int) -> None:
        """Go on at an offset behind this one; compressed data has to be read for it."""
        if not self.is_zipped:
            self.file.go_to(offset)
            self.offset = offset
        while self.offset < offset and self.take(min(BLOCK, offset - self.offset)):
            pass

    def take(self, size: int) -> bytes:
        if self.end is not None:
            size = min(size, self.end - self.offset)
        data = self.source.take(size) if size > 0 else b""
        self.offset += len(data)
        return data

    def progress(self, offset: int) -> int:
        """Return how many bytes of the file are read when records up to an offset are done."""
        return self.file.count if self.is_zipped else min(offset, self.offset) - self.begin


class Blocks:
    """Cut a stream into lists of whole lines, tens of kilobytes each; a line ends with ``\\n``.

    ``text`` is the current block and ``offset`` where it begins; ``end`` is the end of the block
    before it, up to which everything has been handed out.
    """

    def __init__(self, stream: InputStream) -> None:
        self.stream = stream
        self.text, self.offset = b"", stream.offset
        self.end = stream.offset

    def __iter__(self) -> "Iterator[list[bytes]]":
        pieces: list[bytes] = []  # of a line that has not ended
        size, checked_size = 0, LARGE
        data = self.stream.take(PIECE)
        while data:
            cut = data.rfind(b"\n") + 1
            pieces.append(data[: cut - 1] if cut else data)
            size += len(data)
            if cut:
                yield self._lines(pieces)
                self.end = self.stream.offset - len(data) + cut
                pieces, size, checked_size = [], 0, LARGE
            elif size > checked_size:
                require_memory(size, "line", self.end)
                checked_size = 2 * size
            data = (data[cut:] if cut else b"") or self.stream.take(PIECE)
        if pieces:
            yield self._lines(pieces)

    def _lines(self, pieces: "list[bytes]") -> "list[bytes]":
        offset = self.end
        try:
            text = b"".join(pieces)
            if offset == 0 and text.startswith(BOM):
                text, offset = text[len(BOM) :], len(BOM)
            self.text, self.offset = text, offset
            return text.split(b"\n")
        except MemoryError:
            raise too_large("line", offset) from None


def require_memory(size: int, what: str, offset: int) -> None:
    """Raise StageError where a record of so many bytes or more does not fit into free memory.

    That is checked before the machine begins to swap; ``what`` is "line" or "row".
    """
    try:
        with open("/proc/meminfo") as file:
            lines = [line.split() for line in file]
    except OSError:  # not Linux: a MemoryError is reported in the same words
        return
    free = [int(line[1]) << 10 for line in lines if line[0] == "MemAvailable:"]
    if free and MEMORY_FACTOR * size > free[0]:
        raise too_large(what, offset)


def too_large(what: str, offset: int) -> StageError:
    return StageError("read", f"the {what} that begins at byte {offset} does not fit into memory")
