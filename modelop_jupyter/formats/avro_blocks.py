"""The blocks of Avro files: a mark of the file's own stands behind each, so that one can be found.

The mark is of 16 random bytes, so that no record holds them. A place behind one begins a block if
another one stands where that block has to end. Where a writer has taken bytes that are not random,
blocks are found by the sizes of all those before them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from modelop_jupyter.domain.chunks import ByteRange
from modelop_jupyter.formats.columnar import avro_reader
from modelop_jupyter.formats.cut import RecordCut, between
from modelop_jupyter.formats.windows import window

_MARK = 16
_BLOCK = 1 << 18
_LONGEST_NUMBER = 10
# Sixteen random bytes have fewer different ones once in a hundred billion files.
_FEWEST_BYTES = 8


class AvroCut(RecordCut):
    """Avro container files, cut between blocks."""

    def ranges(self, file: BinaryIO, size: int, count: int) -> Sequence[ByteRange]:
        return self.cut_part(file, ByteRange(0, size), count)

    def cut_part(self, file: BinaryIO, part: ByteRange, count: int) -> Sequence[ByteRange]:
        blocks = _Blocks(file)
        cuts = [part.start]
        for number in range(1, count):
            target = part.start + (part.end - part.start) * number // count
            if target > cuts[-1]:
                cuts.append(min(part.end, blocks.first_behind(target)))
            if cuts[-1] == part.end:
                break
        # No record begins in the header alone.
        places = [part.start, *(place for place in cuts if place > blocks.begin), part.end]
        return between(places)

    def needed(self, text: BinaryIO, part: ByteRange) -> Sequence[ByteRange]:
        """Return the header, and the blocks of a range."""
        return [*between([0, min(part.start, _Blocks(text).begin)]), part]

    def records(self, file: BinaryIO, part: ByteRange) -> Iterator[Any]:
        file.seek(0)
        text = window(file, ByteRange(0, part.end))
        reader = avro_reader(text)
        if part.start > text.tell():
            text.seek(part.start)
        yield from reader

    def count_records(self, file: BinaryIO, part: ByteRange) -> int:
        return _Blocks(file).count(part)


class _Blocks:
    """The blocks of an open file; ``begin`` is where the first one stands."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        file.seek(0)
        avro_reader(file)
        self.begin = file.tell()
        self._mark = self._read(self.begin - _MARK, _MARK)

    def first_behind(self, target: int) -> int:
        """Return the first border of blocks at or behind a place; the end of the file is one, too."""
        if len(set(self._mark)) < _FEWEST_BYTES:
            return self._first_by_sizes(target)
        place = max(target, self.begin) - _MARK
        while place < self._size:
            data = self._read(place, _BLOCK)
            found = data.find(self._mark)
            while found >= 0:
                border = place + found + _MARK
                if border == self._size or self._block_at(border) is not None:
                    return border
                found = data.find(self._mark, found + 1)
            if len(data) < _BLOCK:
                break
            # One that stands at the end of what was read is whole in the next piece.
            place += _BLOCK - _MARK + 1
        return self._size

    def _first_by_sizes(self, target: int) -> int:
        place = self.begin
        while place < target and (block := self._block_at(place)) is not None:
            place = block[1]
        return place if place >= target else self._size

    def count(self, part: ByteRange) -> int:
        """Return the number of records in the blocks of a range."""
        place, count = max(part.start, self.begin), 0
        while place < part.end and (block := self._block_at(place)) is not None:
            count += block[0]
            place = block[1]
        return count

    def _block_at(self, place: int) -> tuple[int, int] | None:
        """Return the number of records in a block and where it ends, None where there is none."""
        head = io.BytesIO(self._read(place, 2 * _LONGEST_NUMBER))
        count, size = _number(head), _number(head)
        end = place + head.tell() + size + _MARK
        is_one = count >= 0 and size >= 0 and self._read(end - _MARK, _MARK) == self._mark
        return (count, end) if is_one else None

    def _read(self, place: int, size: int) -> bytes:
        if place < 0:
            return b""
        self._file.seek(place)
        return self._file.read(size)


def _number(source: BinaryIO) -> int:
    """Return a whole number as Avro writes it, -1 where there is none."""
    value = shift = 0
    for _ in range(_LONGEST_NUMBER):
        byte = source.read(1)
        if not byte:
            return -1
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return value >> 1 ^ -(value & 1)
    return -1
