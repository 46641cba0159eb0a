"""Records as a table of pandas, polars or Arrow, and variables told by their library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest

from modelop_jupyter.errors import InvalidError, MissingLibraryError, TableKindError
from modelop_jupyter.formats import FORMATS, records_of_variable
from modelop_jupyter.formats.tables import kind_of, read_table, table_of

KINDS = {"pandas": pandas.DataFrame, "polars": polars.DataFrame, "arrow": pyarrow.Table}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (pandas.DataFrame(), "pandas"),
        (pandas.Series(dtype=int), "pandas"),
        (polars.DataFrame(), "polars"),
        (pyarrow.table({}), "arrow"),
        ([], "list"),
        (range(3), None),
    ],
)
def test_a_variable_is_told_by_its_library(value: Any, kind: str | None) -> None:
    """Subclasses are what they inherit from."""
    assert kind_of(value) == kind


@pytest.mark.parametrize("kind", KINDS)
def test_records_keep_their_fields_and_numbers(kind: str) -> None:
    """Also fields that the first record lacks, and no records at all."""
    table = table_of(kind, [{"a": 1}, {"a": 2.5, "b": {"c": [1]}}])

    assert isinstance(table, KINDS[kind])
    assert isinstance(table_of(kind, []), KINDS[kind])
    assert list(records_of_variable("v", table))[1] == {"a": 2.5, "b": {"c": [1]}}


@pytest.mark.parametrize("kind", ["polars", "arrow"])
@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([{"a": 1}, {"a": "x"}], "column 'a' holds numbers and text"),
        ([{"a": {"b": 1}}, {"a": {"b": [1]}}], "column 'a', field 'b' holds numbers and lists"),
        ([{"a": [1, True]}], "column 'a', in its lists holds numbers and booleans"),
    ],
)
def test_records_that_would_change_are_refused(kind: str, records: list[Any], said: str) -> None:
    """polars would make text of the number, or leave it out."""
    with pytest.raises(InvalidError, match=said):
        table_of(kind, records)


@pytest.mark.parametrize("kind", ["polars", "arrow"])
def test_records_that_are_no_objects_are_one_column(kind: str) -> None:
    """As they are of pandas."""
    assert list(records_of_variable("v", table_of(kind, [1, 2]))) == [{"0": 1}, {"0": 2}]


@pytest.mark.parametrize("kind", ["polars", "arrow"])
def test_a_parquet_file_keeps_its_types(tmp_path: Path, kind: str) -> None:
    """It is not read by way of records."""
    FORMATS["parquet"].write([{"a": 1}], tmp_path / "out.parquet")  # type: ignore[attr-defined]

    assert isinstance(read_table(kind, tmp_path / "out.parquet"), KINDS[kind])
    assert read_table("pandas", tmp_path / "out.parquet") is None


def test_another_word_is_refused_with_those_there_are() -> None:
    """A user sees what to type."""
    with pytest.raises(TableKindError, match="'spark' is no kind of table"):
        table_of("spark", [])


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line that installs it."""
    monkeypatch.setitem(sys.modules, "polars", None)

    with pytest.raises(MissingLibraryError, match=r"needs polars.*pip install polars"):
        table_of("polars", [])
