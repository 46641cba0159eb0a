"""Records out of files and variables, and into files."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import pytest

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats import FORMATS, rows_of

RECORDS = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


@pytest.mark.parametrize("name", ["json", "parquet", "arrow", "avro"])
def test_records_come_back_as_they_were_written(tmp_path: Path, name: str) -> None:
    """Every format that writes reads the same."""
    FORMATS[name].write(iter(RECORDS), tmp_path / "file")

    assert list(FORMATS[name].read(tmp_path / "file")) == RECORDS


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (pandas.DataFrame({"a": [1, 2], "b": ["x", None]}), RECORDS),
        (pandas.DataFrame({"a": [0.1, float("nan")]}), [{"a": 0.1}, {"a": None}]),
        (pandas.DataFrame({"a": [pandas.Timestamp("2026-01-02")]}), [{"a": "2026-01-02T00:00:00"}]),
        (pandas.Series([1, 2]), [1, 2]),
        (RECORDS, RECORDS),
        ((record for record in RECORDS), RECORDS),
        ([dt.date(2026, 1, 2), Decimal("1.5"), Decimal(2)], ["2026-01-02", 1.5, 2]),
    ],
)
def test_a_variable_holds_records(value: Any, rows: list[Any]) -> None:
    """Frames give rows, lists their items; what is missing becomes null."""
    assert list(rows_of("v", value)) == rows


def test_a_number_keeps_all_its_digits() -> None:
    """No detour through a text with fewer digits."""
    assert list(rows_of("v", pandas.DataFrame({"a": [0.1 + 0.2]}))) == [{"a": 0.1 + 0.2}]


@pytest.mark.parametrize("value", [3, "text", {"a": 1}])
def test_a_variable_without_records_is_refused(value: Any) -> None:
    """The error says what it is and what to give."""
    with pytest.raises(InputError, match=type(value).__name__):
        rows_of("v", value)
