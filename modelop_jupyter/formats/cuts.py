"""Cut a file at borders of records, so that its parts can be scored apart.

A format has a :class:`Cut` where its records can be found without reading all that is before them,
or where finding them is far quicker than scoring them.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from modelop_jupyter.domain.chunks import TO_END, ByteRange
from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.avro_blocks import AvroCut
from modelop_jupyter.formats.csv_rows import CsvRows
from modelop_jupyter.formats.cut import Cut, RecordCut, between
from modelop_jupyter.formats.gzip_members import index_of, text_of, unzipped
from modelop_jupyter.formats.row_groups import ParquetCut

# What is there of a CSV file at least, besides the rows of a range: its header.
_HEAD = 1 << 16


class LineCut(Cut):
    """Files of lines: JSON lines."""

    def ranges(self, file: BinaryIO, size: int, count: int) -> Sequence[ByteRange]:
        cuts = [0]
        for number in range(1, count):
            file.seek(max(size * number // count, cuts[-1]))
            file.readline()
            cuts.append(file.tell())
        cuts.append(size)
        return between(cuts)


class CsvCut(Cut):
    """CSV files, the cells of which have a delimiter between them."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter

    def ranges(self, file: BinaryIO, size: int, count: int) -> Sequence[ByteRange]:
        cuts = [0]
        if CsvRows.can_find(self._delimiter):
            rows = CsvRows(file, size, self._delimiter)
            targets = [size * number // count for number in range(1, count)]
            # From the last one: what is found there need not be read again for those before.
            header = rows.end_of_header()
            proven = [rows.proven_border(target) for target in reversed(targets)]
            for target, border in zip(targets, reversed(proven), strict=True):
                if border is None:
                    border = rows.next_border(max(cuts[-1], rows.begin), target)
                if border >= header:
                    cuts.append(max(cuts[-1], border))
        return between([*cuts, size])

    def needed(self, text: BinaryIO, part: ByteRange) -> Sequence[ByteRange]:
        """Return the header, the rows of a range, and so much behind it as tells why one of them fails."""
        rows = CsvRows(text, text.seek(0, io.SEEK_END), self._delimiter)
        head = min(part.start, max(_HEAD, rows.end_of_header()))
        return [*between([0, head]), replace(part, end=rows.end_of_failure(part.end))]

    def count_records(self, file: BinaryIO, part: ByteRange) -> int:
        """Return the number of records in a range, as the runner counts them."""
        size = file.seek(0, io.SEEK_END)
        rows = CsvRows(file, size, self._delimiter)
        return rows.count(max(part.start, rows.end_of_header()), min(part.end, size))


class GzipCut(Cut):
    """Gzip files of several members; ``text`` is how their text is cut.

    The borders of records are those of the text: a member may end within a record. The ranges are of
    the text, too, and the runner unzips from the member before one. A file of one member, and one
    that is damaged, is one range, as it is read from its beginning.
    """

    def __init__(self, text: Cut) -> None:
        self._text = text

    def ranges(self, file: BinaryIO, size: int, count: int) -> Sequence[ByteRange]:
        index = index_of(file, size)
        if index is None:
            return [ByteRange(0, TO_END)]
        count = min(count, len(index.members))
        found = self._text.ranges(text_of(file, index), index.size, count)
        return [replace(part, member=index.member_before(part.start)) for part in found]

    def text(self, file: BinaryIO, part: ByteRange) -> BinaryIO:
        if part.member is None:
            raise InputError("the gzip file", "is damaged, so that no part can be taken out of it")
        return unzipped(file, part)

    def needed(self, text: BinaryIO, part: ByteRange) -> Sequence[ByteRange]:
        return self._text.needed(text, part)


# By the name of a format in a request. CSV has one for each delimiter.
CUTS: dict[str, Cut] = {"json": LineCut(), "parquet": ParquetCut(), "avro": AvroCut()}


def cut_of(format: str, *, gzip: bool = False, delimiter: str | None = None) -> Cut | None:
    """Return how files of a format are cut, None where they cannot be.

    ``delimiter`` is that of a CSV file, as the runner is told.
    """
    if format == "csv":
        return None if gzip else CsvCut(delimiter or ",")
    cut = CUTS.get(format)
    return GzipCut(cut) if cut is not None and gzip else cut


def record_cut(format: str) -> RecordCut | None:
    """Return how files are cut that the runner cannot read, None for another format."""
    cut = CUTS.get(format)
    return cut if isinstance(cut, RecordCut) else None
