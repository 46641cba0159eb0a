"""Typed inputs of metrics and training: written by the host, read by the runner (spec 13.19)."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
import numpy
import pandas
import pyarrow
import pytest
from pandas.testing import assert_frame_equal

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats import FORMATS, write_variable

from .harness import load_parts

(typed_frame,) = load_parts("typed_frame")
BIG = 2**53 + 1
D = decimal.Decimal
BERLIN = dt.timezone(dt.timedelta(hours=1))


def column(*values: Any, dtype: Any = None) -> pandas.DataFrame:
    return pandas.DataFrame({"x": pandas.Series(values, dtype=dtype)})


FRAMES: dict[str, Callable[[], pandas.DataFrame]] = {
    "text that looks like numbers": lambda: column("01234", "5"),
    "digits": lambda: column("12345678901234567890"),
    "a name that read_json takes for a date's": lambda: pandas.DataFrame({"sold_at": [1700000000]}),
    "dates": lambda: column(pandas.Timestamp("2024-01-02"), pandas.NaT),
    "dates in seconds": lambda: column(pandas.Timestamp("2024-01-02"), dtype="datetime64[s]"),
    "dates to the nanosecond": lambda: column(pandas.Timestamp("2024-01-02T03:04:05.123456789")),
    "a zone": lambda: column(pandas.Timestamp("2024-01-02", tz="Europe/Berlin"), pandas.NaT),
    "a fixed zone": lambda: column(pandas.Timestamp("2024-01-02", tz=BERLIN)),
    "UTC": lambda: column(pandas.Timestamp("2024-01-02", tz="UTC")),
    "spans": lambda: column(pandas.Timedelta("1s 3ns"), pandas.NaT),
    "small types": lambda: pandas.DataFrame(
        {"a": numpy.int8([1]), "b": numpy.float32([0.1]), "c": numpy.uint64([2**64 - 1])}
    ),
    "booleans": lambda: column(True, False),
    "nullable whole numbers": lambda: column(BIG, None, dtype="Int64"),
    "nullable fractions": lambda: column(0.1, None, dtype="Float32"),
    "nullable booleans": lambda: column(True, None, dtype="boolean"),
    "nullable text": lambda: column("01", None, dtype="string"),
    "text as objects": lambda: column("01", None, 3, dtype=object),
    "categories": lambda: column("b", None, "a", dtype=pandas.CategoricalDtype(["b", "a"], True)),
    "categories of numbers": lambda: column(3, 1, dtype="category"),
    "periods": lambda: column(pandas.Period("2024-01", "M"), pandas.NaT),
    "intervals": lambda: column(pandas.Interval(0, 1.5, "left")),
    "sparse": lambda: column(0, 0, 1, dtype=pandas.SparseDtype("int64", 0)),
    "arrow's own": lambda: column(
        D("1.10"), None, dtype=pandas.ArrowDtype(pyarrow.decimal128(5, 2))
    ),
    "decimals": lambda: column(D("12345678901234567.89"), D("1.10")),
    "days and times": lambda: column(dt.date(2024, 1, 2), dt.time(3, 4, 5, 6), dtype=object),
    "moments as objects": lambda: column(
        dt.datetime(2024, 1, 2, tzinfo=BERLIN), dt.timedelta(1, 2, 3), dtype=object
    ),
    "pandas' values as objects": lambda: column(
        pandas.Timestamp("2024-01-02", tz="UTC"),
        pandas.Timedelta(3),
        pandas.NaT,
        pandas.NA,
        dtype=object,
    ),
    "identities and bytes": lambda: column(uuid.UUID(int=3), b"\x00\xff", dtype=object),
    "nested": lambda: column({"a": [1, (2, {3})], 4: None}, [float("inf")], dtype=object),
    "numpy's values as objects": lambda: column(numpy.float32(0.1), numpy.int8(3), dtype=object),
    "infinite": lambda: column(float("inf"), float("nan"), -0.0),
    "an index of text": lambda: pandas.DataFrame(
        {"x": [1, 2]}, index=pandas.Index(["01", "02"], name="key")
    ),
    "an index of days": lambda: pandas.DataFrame(
        {"x": [1, 2]}, index=pandas.date_range("2024-01-01", periods=2, freq="D", name="day")
    ),
    "an index of pairs": lambda: pandas.DataFrame(
        {"x": [1, 2]}, index=pandas.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None])
    ),
    "a range with a step": lambda: pandas.DataFrame({"x": [1, 2]}, index=range(10, 14, 2)),
    "labels that repeat": lambda: pandas.DataFrame({"x": [1, 2]}, index=[7, 7]),
    "names that are numbers": lambda: pandas.DataFrame([[1, "2"]], columns=[0, 5]),
    "names that repeat": lambda: pandas.DataFrame([[1, "2"]], columns=["a", "a"]),
    "names that are pairs": lambda: pandas.DataFrame(
        [[1, 2]], columns=pandas.MultiIndex.from_tuples([("a", "b"), ("a", "c")], names=["p", "q"])
    ),
    "odd names": lambda: pandas.DataFrame(
        {"": [1], " a.b\n": [2], "\u00e9\U0001f600": [3], "$": [4]}
    ),
    "no rows": lambda: column(1, 2).head(0),
    "no columns": lambda: pandas.DataFrame(index=[1, 2]),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_arrives_as_it_was(tmp_path: Path, name: str) -> None:
    """Every type, index and name; nothing is guessed (spec 13.19)."""
    frame = FRAMES[name]()
    write_variable("df", frame, tmp_path / "f")

    assert_frame_equal(
        typed_frame.typed_frame(pandas, str(tmp_path / "f")), frame, check_exact=True
    )


@pytest.mark.parametrize("name", FRAMES)
def test_values_of_objects_keep_their_types(tmp_path: Path, name: str) -> None:
    """What compares equal is not always the same type: 1 and True, a date and a Timestamp."""
    frame = FRAMES[name]()
    write_variable("df", frame, tmp_path / "f")
    found = typed_frame.typed_frame(pandas, str(tmp_path / "f"))

    assert [list(map(type, row)) for row in found.to_numpy()] == [
        list(map(type, row)) for row in frame.to_numpy()
    ]


TYPED = pandas.DataFrame(
    {
        "zip": ["01234", None],
        "big": ["12345678901234567890", "1"],
        "sold_at": [1700000000, 1],
        "when": pandas.to_datetime(["2024-01-02", None]),
        "zoned": pandas.to_datetime(["2024-01-02", "2024-07-02"]).tz_localize("Europe/Berlin"),
        "kind": pandas.Categorical(["a", None], ["b", "a"]),
        "some": pandas.array([BIG, None], "Int64"),
        "gaps": [1.0, None],
        "span": pandas.to_timedelta(["1s", None]),
        "price": [D("12345678901234567.89"), D("0.10")],
        "list": [[1, 2], [3]],
        "small": numpy.int8([1, 2]),
    },
    index=pandas.Index(["p", "q"], name="id"),
)


@pytest.mark.parametrize(("name", "write"), [("parquet", "to_parquet"), ("arrow", "to_feather")])
def test_files_arrive_as_pandas_reads_them(tmp_path: Path, name: str, write: str) -> None:
    """As ``read_parquet`` and ``read_feather`` of the model's author would have it (spec 13.19)."""
    kept = TYPED.rename_axis(index=None).reset_index(drop=True) if name == "arrow" else TYPED
    getattr(kept, write)(tmp_path / "in")
    FORMATS[name].write_frame("in", tmp_path / "in", tmp_path / "f")
    read = pandas.read_feather if name == "arrow" else pandas.read_parquet

    assert_frame_equal(typed_frame.typed_frame(pandas, str(tmp_path / "f")), read(tmp_path / "in"))


def test_whole_numbers_with_gaps_stay_the_same_numbers(tmp_path: Path) -> None:
    """pandas makes fractions of them: fine for small ones, another number for large ones."""
    table = pyarrow.table({"small": [1, None], "large": [BIG, None]})
    write_variable("t", table, tmp_path / "f")
    frame = typed_frame.typed_frame(pandas, str(tmp_path / "f"))

    assert frame.dtypes.astype(str).to_list() == ["float64", "Int64"]
    assert frame["large"][0] == BIG


def test_tables_need_no_pandas_on_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CLI may live where there is only pyarrow."""
    table = pyarrow.table(
        {
            "zip": ["01234", None],
            "n": pyarrow.array([1, None], pyarrow.int32()),
            "large": [BIG, None],
            "yes": [True, None],
            "f": pyarrow.array([0.5, None], pyarrow.float32()),
            "at": pyarrow.array([1700000000, None], pyarrow.timestamp("ms", "UTC")),
            "span": pyarrow.array([5, None], pyarrow.duration("ns")),
            "day": [dt.date(2024, 1, 2), None],
            "price": [D("1.10"), None],
        }
    )
    with monkeypatch.context() as patch:
        patch.setitem(__import__("sys").modules, "pandas", None)
        write_variable("t", table, tmp_path / "f")
    frame = typed_frame.typed_frame(pandas, str(tmp_path / "f"))

    assert frame.dtypes.astype(str).to_dict() == {
        "zip": str(pandas.Series(["a"]).dtype),
        "n": "float64",
        "large": "Int64",
        "yes": "object",
        "f": "float32",
        "at": "datetime64[ms, UTC]",
        "span": "timedelta64[ns]",
        "day": "object",
        "price": "object",
    }
    assert frame.iloc[0].to_list() == [
        *("01234", 1.0, BIG, True, 0.5, pandas.Timestamp(1700000000, unit="ms", tz="UTC")),
        *(pandas.Timedelta(5), dt.date(2024, 1, 2), D("1.10")),
    ]


def test_avro_arrives_with_the_types_of_its_schema(tmp_path: Path) -> None:
    """Logical types included (spec 13.19)."""
    kinds = {
        "zip": "string",
        "n": "int",
        "big": ["null", "long"],
        "at": {"type": "long", "logicalType": "timestamp-micros"},
        "price": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 2},
        "id": {"type": "string", "logicalType": "uuid"},
        "day": ["null", {"type": "int", "logicalType": "date"}],
    }
    record = {
        "zip": "01234",
        "n": 1,
        "big": BIG,
        "at": dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc),
        "price": D("12345678901234567.89"),
        "id": uuid.UUID(int=3),
        "day": dt.date(2024, 1, 2),
    }
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    with (tmp_path / "in").open("wb") as file:
        fastavro.writer(file, {"type": "record", "name": "r", "fields": fields}, [record])
    FORMATS["avro"].write_frame("in", tmp_path / "in", tmp_path / "f")
    frame = typed_frame.typed_frame(pandas, str(tmp_path / "f"))

    assert frame.dtypes.astype(str).to_list()[1:4] == ["int32", "int64", "datetime64[us, UTC]"]
    assert frame.iloc[0].to_dict() == record


def test_records_become_the_frame_that_pandas_makes_of_them(tmp_path: Path) -> None:
    """A list of dicts is no JSON file: its texts stay texts."""
    rows = [{"zip": "01234", "n": 1}, {"zip": "5", "when": dt.datetime(2024, 1, 2)}]
    write_variable("rows", rows, tmp_path / "f")

    assert_frame_equal(typed_frame.typed_frame(pandas, str(tmp_path / "f")), pandas.DataFrame(rows))


class Point:
    """Nothing that anybody else knows."""


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        (pandas.DataFrame({"a": [1], "geo": [Point()]}), r"column 'geo': row 0: .*Point"),
        (pandas.DataFrame({"a": [1]}, index=[Point()]), r"the index: row 0: .*Point"),
        ([{"a": Point()}], r"row 0: .*Point"),
        (
            pyarrow.table({"t": pyarrow.array([1], pyarrow.time64("ns"))}),
            "pandas cannot convert it",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(tmp_path: Path, frame: Any, named: str) -> None:
    """Before the start, with column and row (spec 13.19)."""
    with pytest.raises(InputError, match=named):
        write_variable("df", frame, tmp_path / "f")
