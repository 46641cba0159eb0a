"""The bytes of one input: unzipped, counted, and only those between two places."""

import io

from .files import BLOCK, BOM, CountedFile, Unzipped


PIECE = 1 << 15  # bytes that a processor's cache holds, with the lines and values that they become


class Stream(io.RawIOBase):
    """An input from one byte up to another one (None: to its end), counted without its compression.

    ``offset`` is where the next byte stands.
    """

    def __init__(self, item, begin=0, end=None):
        io.RawIOBase.__init__(self)
        self.file = CountedFile(item["path"])
        self.is_zipped = bool(item.get("gzip"))
        self.source = Unzipped(self.file) if self.is_zipped else self.file
        self.offset, self.end = 0, end
        self.go_to(begin)
        self.begin = self.offset

    def go_to(self, place):
        """Go on at a place behind this one; compressed data has to be read for it."""
        if not self.is_zipped:
            self.file.go_to(place)
            self.offset = place
        while self.offset < place and self.take(min(BLOCK, place - self.offset)):
            pass

    def take(self, size):
        """Return some of the bytes that follow, none at the end."""
        if self.end is not None:
            size = min(size, self.end - self.offset)
        data = self.source.take(size) if size > 0 else b""
        self.offset += len(data)
        return data

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self):
        self.file.close()
        io.RawIOBase.close(self)

    def progress(self, place):
        """Return how many bytes of the file are read when records up to a place are done."""
        return self.file.count if self.is_zipped else min(place, self.offset) - self.begin


class Blocks:
    """Cut a stream into lists of whole lines, tens of kilobytes each; a line ends with ``\\n``.

    ``text`` is the block at hand, ``offset`` where it begins; up to ``end`` all were at hand before.
    """

    def __init__(self, stream):
        self.stream = stream
        self.text, self.offset = b"", stream.offset
        self.end = stream.offset

    def __iter__(self):
        rest = []
        data = self.stream.take(PIECE)
        while data:
            cut = data.rfind(b"\n") + 1
            if cut:
                rest.append(data[: cut - 1])
                yield self.lines(b"".join(rest))
                self.end = self.stream.offset - len(data) + cut
                rest = []
            if cut < len(data):
                rest.append(data[cut:])
            data = self.stream.take(PIECE)
        if rest:
            yield self.lines(b"".join(rest))

    def lines(self, text):
        offset = self.end
        if offset == 0 and text.startswith(BOM):
            text, offset = text[len(BOM) :], len(BOM)
        self.text, self.offset = text, offset
        return text.split(b"\n")
