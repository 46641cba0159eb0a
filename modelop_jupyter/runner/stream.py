"""The bytes of one input: unzipped, counted, and only those between two places."""

from .errors import JobError
from .files import BLOCK, BOM, CountedFile, Taken, Unzipped

VALUES = 4  # how much larger than its text a record may become
LARGE = 1 << 26  # bytes of a record, behind which memory is looked at before more of it is read
PIECE = 1 << 15  # bytes that a processor's cache holds, with the lines and values that they become


class Stream(Taken):
    """An input from one byte up to another one (None: to its end), counted without its compression.

    ``offset`` is where the next byte stands.
    """

    def __init__(self, item, begin=0, end=None):
        Taken.__init__(self)
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
        rest, size, asked = [], 0, LARGE  # pieces of a line that has not ended
        data = self.stream.take(PIECE)
        while data:
            cut = data.rfind(b"\n") + 1
            rest.append(data[: cut - 1] if cut else data)
            size += len(data)
            if cut:
                yield self.lines(rest)
                self.end = self.stream.offset - len(data) + cut
                rest, size, asked = [], 0, LARGE
            elif size > asked:
                require_memory(size, "line", self.end)
                asked = 2 * size
            data = (cut and data[cut:]) or self.stream.take(PIECE)
        if rest:
            yield self.lines(rest)

    def lines(self, pieces):
        offset = self.end
        try:
            text = b"".join(pieces)
            if offset == 0 and text.startswith(BOM):
                text, offset = text[len(BOM) :], len(BOM)
            self.text, self.offset = text, offset
            return text.split(b"\n")
        except MemoryError:
            raise no_memory("line", offset)


def require_memory(size, what, offset):
    """Raise JobError where a record of so many bytes or more is too large for this machine, before it swaps."""
    try:
        with open("/proc/meminfo") as file:
            lines = [line.split() for line in file]
    except OSError:  # not Linux: whatever raises MemoryError is told in the same words
        return
    free = [int(line[1]) << 10 for line in lines if line[0] == "MemAvailable:"]
    if free and VALUES * size > free[0]:
        raise no_memory(what, offset)


def no_memory(what, offset):
    return JobError("read", "the %s that begins at byte %d does not fit into memory" % (what, offset))
