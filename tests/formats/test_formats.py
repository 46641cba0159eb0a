"""Records out of files and variables, and into files."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import pyarrow
import pytest

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats import FORMATS, is_data_file, records_of_variable
from modelop_jupyter.formats.json_values import plain_rows

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
        ([Decimal("NaN"), Decimal("Infinity")], [None, None]),
    ],
)
def test_a_variable_holds_records(value: Any, rows: list[Any]) -> None:
    """Frames give rows, lists their items; what is missing becomes null."""
    assert list(records_of_variable("v", value)) == rows


def test_a_number_keeps_all_its_digits() -> None:
    """No detour through a text with fewer digits."""
    assert list(records_of_variable("v", pandas.DataFrame({"a": [0.1 + 0.2]}))) == [
        {"a": 0.1 + 0.2}
    ]


def test_a_timestamp_has_one_form_whatever_stands_beside_it() -> None:
    """A part of a file gives what the whole gives."""
    fine = pyarrow.array([0, 1, 1_001_000], pyarrow.timestamp("ns", "Europe/Berlin"))
    alone = [fine.slice(number, 1) for number in range(3)]

    assert [list(records_of_variable("v", pyarrow.table({"t": one}))) for one in alone] == [
        [{"t": "1970-01-01T01:00:00+01:00"}],
        [{"t": "1970-01-01T01:00:00.000000001+01:00"}],
        [{"t": "1970-01-01T01:00:00.001001+01:00"}],
    ]
    assert list(records_of_variable("v", pyarrow.table({"t": fine}))) == [
        record for one in alone for record in records_of_variable("v", pyarrow.table({"t": one}))
    ]


def test_a_record_that_json_cannot_hold_is_named_by_its_number_in_the_whole() -> None:
    """Where only a part of a file is read."""
    with pytest.raises(InputError, match=r"record 701 cannot be JSON: a: complex has no JSON form"):
        list(plain_rows("v", [{"a": 1}, {"a": 1j}], first=700))


@pytest.mark.parametrize("value", [3, "text", {"a": 1}])
def test_a_variable_without_records_is_refused(value: Any) -> None:
    """The error says what it is and what to give."""
    with pytest.raises(InputError, match=type(value).__name__):
        records_of_variable("v", value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", True),
        ("A.JSONL.gz", True),
        ("query.sql", True),
        ("notes.md", False),
        ("csv", False),
        ("x.gz", False),
    ],
)
def test_a_file_with_data_is_known_by_its_name(name: str, expected: bool) -> None:
    """Lists of files begin with those."""
    assert is_data_file(name) is expected


def test_the_sidebar_knows_the_same_files() -> None:
    """Its list of endings is this table's."""
    source = Path(__file__).parents[2] / "labextension/src/dialogs/dataFiles.ts"
    match = re.search(r"'([a-z ]+)'\.split", source.read_text())
    assert match is not None
    endings = {ending for format in FORMATS.values() for ending in format.endings}

    assert {f".{word}" for word in match[1].split()} == endings | {".sql"}


def test_orc_is_read_stripe_by_stripe(tmp_path: Path) -> None:
    """Rows are records, as those of Parquet are."""
    import pyarrow.orc

    pyarrow.orc.write_table(pyarrow.Table.from_pylist(RECORDS), tmp_path / "in.orc")

    assert list(FORMATS["orc"].read(tmp_path / "in.orc")) == RECORDS
