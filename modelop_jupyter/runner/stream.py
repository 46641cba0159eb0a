"""The bytes of one input: unzipped, counted, and only those between two places."""

from .files import BLOCK, BOM, CountedFile, Taken, Unzipped


LONGEST = 1 << 27  # bytes of a line; one beyond it is no record, however much memory there is
SHOWN = 100000  # bytes of such a line that are kept
CUT = b" ... (cut off: this line is too long)"  # makes no valid JSON of whatever it follows
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
        rest, size = [], 0  # pieces of a line that has not ended; a size beyond LONGEST: it is being read over
        data = self.stream.take(PIECE)
        while data:
            # Of a line that is too long its end is looked for, else the end of the last line in the piece.
            cut = (data.find(b"\n") if size > LONGEST else data.rfind(b"\n")) + 1
            piece = data[: cut - 1] if cut else data
            if size <= LONGEST:
                rest.append(piece)
                size += len(piece)
                if size > LONGEST and not cut:
                    rest = [b"".join(rest[:8])[:SHOWN], CUT]
            if cut:
                yield self.lines(b"".join(rest))
                self.end = self.stream.offset - len(data) + cut
                rest, size = [], 0
            data = (cut and data[cut:]) or self.stream.take(PIECE)
        if rest:
            yield self.lines(b"".join(rest))

    def lines(self, text):
        offset = self.end
        if offset == 0 and text.startswith(BOM):
            text, offset = text[len(BOM) :], len(BOM)
        self.text, self.offset = text, offset
        return text.split(b"\n")
