"""Workbooks: the first sheet, and values as users expect them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats import FORMATS, check_input
from modelop_jupyter.formats.excel import describe_choice
from modelop_jupyter.formats.json_values import plain_rows

EXCEL = FORMATS["excel"]


def book(path: Path, *rows: list[object], sheets: int = 1) -> Path:
    """Write a workbook with these rows in its first sheet."""
    written = openpyxl.Workbook()
    for row in rows:
        written.active.append(row)
    for number in range(1, sheets):
        written.create_sheet(f"More {number}")
    written.save(path)
    return path


def test_rows_are_records_with_integers_and_dates(tmp_path: Path) -> None:
    """A number without a fraction is an integer, a day has no time, an error no value."""
    path = book(
        tmp_path / "in.xlsx",
        ["id", "day", "at", "x", "x", None, "e"],
        [1, dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3, 4), 2.0, True, "n", "#N/A"],
        [],
        [2, None, dt.datetime(2026, 1, 3), 0.5],
    )

    assert list(plain_rows("in", EXCEL.read(path))) == [
        {
            "id": 1,
            "day": "2026-01-02",
            "at": "2026-01-02T03:04:00",
            "x": 2,
            "x.1": True,
            "Unnamed: 5": "n",
            "e": None,
        },
        {
            "id": 2,
            "day": None,
            "at": "2026-01-03T00:00:00",
            "x": 0.5,
            "x.1": None,
            "Unnamed: 5": None,
            "e": None,
        },
    ]


def test_the_sheet_that_is_read_of_several_is_said(tmp_path: Path) -> None:
    """Of one sheet there is nothing to say."""
    assert describe_choice(book(tmp_path / "one.xlsx", ["a"], [1])) is None
    assert (
        describe_choice(book(tmp_path / "three.xlsx", ["a"], [1], sheets=3))
        == "the first of 3 sheets is read, 'Sheet'"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(100), "it is an old Excel file"),
        (b"a,b\n1,2\n", "its first bytes are something else"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    """By its first bytes."""
    path = tmp_path / "in.xlsx"
    path.write_bytes(data)

    with pytest.raises(InputError, match=said):
        check_input("in.xlsx", path, scoring=True)
