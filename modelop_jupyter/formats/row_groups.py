"""The row groups of Parquet files: each can be read without the others, by what the footer says."""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO

from modelop_jupyter.domain.chunks import ByteRange
from modelop_jupyter.formats.columnar import parquet_file, rows_of_parquet
from modelop_jupyter.formats.cut import RecordCut, between

# Length of the metadata, and the format's mark.
_TAIL = 8
# Some early writers counted the header of a dictionary too short; readers add as much.
_PADDING = 100


@dataclass(frozen=True, slots=True)
class _RowGroup:
    """A row group with rows: its bytes, and how many rows it has."""

    number: int
    start: int
    end: int
    rows: int


class ParquetCut(RecordCut):
    """Parquet files, cut between row groups.

    A file whose row groups do not follow one another is one range.
    """

    def ranges(self, file: BinaryIO, size: int, count: int) -> Sequence[ByteRange]:
        groups = _row_groups(file)
        return _nearest(groups or (), ByteRange(0, size), count)

    def cut_part(self, file: BinaryIO, part: ByteRange, count: int) -> Sequence[ByteRange]:
        return _nearest(_groups_in(file, part) or (), part, count)

    def needed(self, text: BinaryIO, part: ByteRange) -> Sequence[ByteRange]:
        """Return the row groups of a range, and the metadata at the end of the file."""
        size = text.seek(0, io.SEEK_END)
        if _row_groups(text) is None:
            return [ByteRange(0, size)]
        text.seek(size - _TAIL)
        footer = size - _TAIL - int.from_bytes(text.read(4), "little")
        return [*between([part.start, min(part.end + _PADDING, footer)]), ByteRange(footer, size)]

    def records(self, file: BinaryIO, part: ByteRange) -> Iterator[Any]:
        groups = _groups_in(file, part)
        numbers = None if groups is None else [group.number for group in groups]
        yield from rows_of_parquet(file, numbers)

    def count_records(self, file: BinaryIO, part: ByteRange) -> int:
        groups = _groups_in(file, part)
        if groups is None:
            rows: int = parquet_file(file).metadata.num_rows
            return rows
        return sum(group.rows for group in groups)


def _nearest(groups: Sequence[_RowGroup], part: ByteRange, count: int) -> list[ByteRange]:
    """Cut a range into at most ``count``, where the row groups begin that are nearest to equal parts."""
    starts = [group.start for group in groups[1:]]
    cuts = [part.start]
    for number in range(1, count if starts else 1):
        target = part.start + (part.end - part.start) * number // count
        place = bisect_left(starts, target)
        nearest = min(starts[max(0, place - 1) : place + 1], key=lambda start: abs(start - target))
        cuts.append(max(cuts[-1], nearest))
    return between([*cuts, part.end])


def _groups_in(file: BinaryIO, part: ByteRange) -> list[_RowGroup] | None:
    groups = _row_groups(file)
    if groups is None:
        return None
    return [group for group in groups if part.start <= group.start < part.end]


def _row_groups(file: BinaryIO) -> list[_RowGroup] | None:
    """Return the row groups that have rows, None where they do not follow one another in the file."""
    metadata = parquet_file(file).metadata
    groups: list[_RowGroup] = []
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        columns = [group.column(place) for place in range(group.num_columns)]
        if group.num_rows and not columns:
            return None
        if group.num_rows:
            start = min(map(_begin, columns))
            end = max(_begin(column) + column.total_compressed_size for column in columns)
            groups.append(_RowGroup(number, start, end, group.num_rows))
    in_order = all(one.start < other.start >= one.end for one, other in pairwise(groups))
    return groups if in_order else None


def _begin(column: Any) -> int:
    """Return where the pages of a column begin, as readers take it."""
    data: int = column.data_page_offset
    dictionary: int | None = column.dictionary_page_offset if column.has_dictionary_page else None
    return min(data, dictionary) if dictionary else data
