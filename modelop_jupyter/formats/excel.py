"""Excel workbooks (.xlsx), read by openpyxl (extra ``excel``): the first sheet, each row a record."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from modelop_jupyter.errors import MissingExtraError
from modelop_jupyter.formats.base import Format, Opener, open_anywhere
from modelop_jupyter.formats.frames import write_columns
from modelop_jupyter.formats.json_values import unique_names
from modelop_jupyter.safe_open import open_regular

_MOST_EXACT = 2**53
_EPOCH = dt.datetime(1970, 1, 1)


class Excel(Format):
    """The cells of a workbook's first sheet below a header; blank rows are none.

    A formula gives the value that was last calculated, an error such as ``#N/A`` none. A number
    without a fraction is an integer; a date whose cell shows no time is a date in a record, and a
    timestamp in a DataFrame, as pandas reads it.
    """

    name = "excel"
    endings = (".xlsx", ".xlsm")
    runner_format = None

    def require(self) -> None:
        _library()

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        with open_anywhere(path, opener=opener) as source, _first_sheet(source) as sheet:
            names, rows = _table(sheet)
            for row in rows:
                yield dict(zip(names, map(_value, row), strict=True))

    def write_frame(self, name: str, path: Path, target: Path) -> None:
        with open_regular(path) as source, _first_sheet(source) as sheet:
            names, rows = _table(sheet)
            values = [[_plain(cell) for cell in row] for row in rows]
        columns = [list(column) for column in zip(*values, strict=True)] or [[] for _ in names]
        write_columns(
            name,
            [(label, *_typed(column)) for label, column in zip(names, columns, strict=True)],
            target,
        )


def describe_choice(path: Path) -> str | None:
    """Return which sheet of several is read, None where there is one."""
    with open_anywhere(path) as source, _workbook(source) as book:
        sheets = [sheet.title for sheet in book.worksheets]
    if len(sheets) < 2:
        return None
    return f"the first of {len(sheets)} sheets is read, {sheets[0]!r}"


def _library() -> Any:
    try:
        import openpyxl
    except ImportError:
        raise MissingExtraError("an Excel file", "excel") from None
    return openpyxl


@contextmanager
def _workbook(source: BinaryIO) -> Iterator[Any]:
    """Yield an open workbook; ValueError says what is none."""
    openpyxl = _library()
    try:
        book = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"it is no Excel workbook: {error}") from None
    try:
        yield book
    finally:
        book.close()


@contextmanager
def _first_sheet(source: BinaryIO) -> Iterator[Any]:
    with _workbook(source) as book:
        if not book.worksheets:
            raise ValueError("it has no sheet with cells")
        sheet = book.worksheets[0]
        # Some programs write sizes that are not those of the sheet.
        sheet.reset_dimensions()
        try:
            yield sheet
        except zipfile.BadZipFile as error:
            raise ValueError(f"it is damaged: {error}") from None


def _table(sheet: Any) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """Return the names of the columns, and the cells of each row below them."""
    rows = (row for row in sheet.iter_rows() if any(_plain(cell) is not None for cell in row))
    header = [_plain(cell) for cell in next(rows, ())]
    while header and header[-1] is None:
        header.pop()
    names = unique_names(
        f"Unnamed: {number}" if label is None else str(label) for number, label in enumerate(header)
    )
    width = len(names)
    return names, ((*row[:width], *[None] * (width - len(row))) for row in rows)


def _plain(cell: Any) -> Any:
    """Return a cell's value; None for an empty one and an error."""
    if cell is None or cell.value is None or cell.data_type == "e" or cell.value == "":
        return None
    value = cell.value
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= _MOST_EXACT
    return int(value) if is_whole else value


def _value(cell: Any) -> Any:
    """Return a cell's value as a record has it."""
    value = _plain(cell)
    if isinstance(value, dt.datetime) and value.time() == dt.time() and not _shows_time(cell):
        return value.date()
    return value


def _shows_time(cell: Any) -> bool:
    from openpyxl.styles.numbers import is_datetime

    return bool(is_datetime(cell.number_format) != "date")


def _typed(values: list[Any]) -> tuple[str | None, list[Any]]:
    """Return the type of a column's values, None for one of any Python values."""
    kinds = {type(value) for value in values if value is not None}
    for of, name in ((bool, "bool"), (int, "int64"), (str, "text")):
        if kinds == {of}:
            return name, values
    if kinds in ({float}, {int, float}):
        return "float64", [None if value is None else float(value) for value in values]
    if kinds == {dt.datetime}:
        unit = dt.timedelta(microseconds=1)
        return "M8[us]", [None if each is None else (each - _EPOCH) // unit for each in values]
    return None, values
