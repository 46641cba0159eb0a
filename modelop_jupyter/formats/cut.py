"""What a format is cut by: ranges of its files that can be read apart."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, BinaryIO

from modelop_jupyter.domain.chunks import ByteRange
from modelop_jupyter.formats.gzip_members import unzipped
from modelop_jupyter.formats.windows import window


class Cut(ABC):
    """How the files of one format are cut.

    The runner reads a range of the file where it lies. Where the file is out of its reach, a file is
    made of the bytes that are :meth:`needed`, each at its own place.
    """

    @abstractmethod
    def ranges(self, file: BinaryIO, size: int, count: int) -> Sequence[ByteRange]:
        """Return at most ``count`` ranges of similar size that cover a seekable file of ``size`` bytes.

        Each begins and ends at a border of records; none is empty. Raises :class:`InputError` for a
        file that cannot be cut.
        """

    def cut_part(self, file: BinaryIO, part: ByteRange, count: int) -> Sequence[ByteRange]:
        """Cut a range of a file into at most so many; of a gzip file, this is how its text is cut."""
        found = self.ranges(window(unzipped(file, part), part), part.end - part.start, count)
        pieces = [ByteRange(part.start + one.start, part.start + one.end) for one in found]
        return [replace(piece, member=part.member) for piece in pieces]

    def text(self, file: BinaryIO, part: ByteRange) -> BinaryIO:  # noqa: ARG002 - others need it
        """Return the bytes that ranges are of: those of the file, or what is compressed in it."""
        return file

    def needed(self, text: BinaryIO, part: ByteRange) -> Sequence[ByteRange]:  # noqa: ARG002
        """Return the bytes that have to be there for a range to be read, in their order."""
        return [part]


class RecordCut(Cut):
    """Files that the runner cannot read: the host reads the records of a range.

    A range is of bytes here, too, so that its share of the file is known. It holds the records of the
    parts of the file that begin in it.
    """

    @abstractmethod
    def records(self, file: BinaryIO, part: ByteRange) -> Iterator[Any]:
        """Yield the records of a range."""

    @abstractmethod
    def count_records(self, file: BinaryIO, part: ByteRange) -> int:
        """Return the number of records in a range, without reading them."""


def between(cuts: Sequence[int]) -> list[ByteRange]:
    """Return the ranges between places that follow one another, without empty ones."""
    return [ByteRange(start, end) for start, end in pairwise(cuts) if start < end]
