"""Take some records from all over a file, as they stand there: bad ones, too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from modelop_jupyter.formats.csv_rows import CsvRows
from modelop_jupyter.formats.csvfile import detect_dialect
from modelop_jupyter.formats.cuts import cut_of

_PLACES = 50
_BLANKS = b" \t\r\n\xef\xbb\xbf"


def write_sample(path: Path, format: str, count: int, target: Path) -> int | None:
    """Write about ``count`` records of a file, from many places, to another of its format.

    Returns about how many records the file has, None for a file of which only the beginning can be
    read. ``format`` is the runner's name; the file is not compressed.
    """
    delimiter = None
    if format == "csv":
        dialect = detect_dialect(path, path.name)
        if not dialect.is_plain or not CsvRows.can_find(dialect.delimiter):
            return None
        delimiter = dialect.delimiter
    elif format != "json":
        return None
    cut, size = cut_of(format, delimiter=delimiter), path.stat().st_size
    if cut is None:
        return None
    records = taken = 0
    with path.open("rb") as file, target.open("wb") as sample:
        rows = None if delimiter is None else CsvRows(file, size, delimiter)
        header = 0 if rows is None else rows.end_of_header()
        file.seek(0)
        sample.write(file.read(header))
        places = cut.ranges(file, size, min(count, _PLACES))
        share, more = divmod(count, max(1, len(places)))
        for number, part in enumerate(places):
            found = _records(file, rows, max(part.start, header), part.end)
            for record in islice(found, share + (number < more)):
                sample.write(record if record.endswith(b"\n") else record + b"\n")
                records, taken = records + 1, taken + len(record)
    return round((size - header) * records / taken) if taken else 0


def _records(file: BinaryIO, rows: CsvRows | None, start: int, end: int) -> Iterator[bytes]:
    """Yield lines, or rows of CSV, from a border of records on; blank ones are none."""
    while start < end:
        following = None if rows is None else rows.next_border(start, start + 1)
        file.seek(start)
        record = file.readline() if following is None else file.read(following - start)
        if not record:
            return
        start += len(record)
        if record.strip(_BLANKS):
            yield record
