"""One table of value forms in both directions: what a model gets, and what becomes of what it gives."""

from __future__ import annotations

import datetime as dt
import enum
import io
import json
import uuid
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

import fastavro
import numpy
import pandas
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats import FORMATS, records_of_variable

from .harness import load_parts

(json_writer,) = load_parts("json_writer")
D = Decimal
UTC = dt.timezone.utc


class Color(enum.Enum):
    RED = "red"


FORMS: list[tuple[Any, Any]] = [
    (dt.date(2024, 1, 2), "2024-01-02"),
    (dt.datetime(2024, 1, 2, 3, tzinfo=UTC), "2024-01-02T03:00:00+00:00"),
    (dt.time(3, 4, 5), "03:04:05"),
    (dt.timedelta(seconds=90), 90.0),
    (pandas.Timedelta("90s"), 90.0),
    (numpy.timedelta64(90, "s"), 90.0),
    (pandas.Timestamp("2024-01-02T03:04:05.123456789"), "2024-01-02T03:04:05.123456789"),
    (numpy.datetime64("2024-01-02T03:04:05.123456789"), "2024-01-02T03:04:05.123456789"),
    (numpy.datetime64("2024-01-02"), "2024-01-02T00:00:00"),
    (numpy.array(["2024-01-02T03", "NaT"], "M8[ns]"), ["2024-01-02T03:00:00", None]),
    (pandas.NaT, None),
    (pandas.NA, None),
    (uuid.UUID(int=3), "00000000-0000-0000-0000-000000000003"),
    (PurePosixPath("a/b"), "a/b"),
    (Color.RED, "red"),
    ({3, 1}, [1, 3]),
    ((1, "2"), [1, "2"]),
    (numpy.array([[1.5]]), [[1.5]]),
    (D("12345678901234567.89"), "12345678901234567.89"),
    (D("1.10"), 1.1),
    (D("12345678901234567890"), 12345678901234567890),
    (D("12345678901234567890.00"), 12345678901234567890),
    (D("1E+3"), 1000),
    (D("1E-400"), "1E-400"),
    ({1: {"b": (None, True)}}, {"1": {"b": [None, True]}}),
]
IDS = [f"{type(value).__name__}-{number}" for number, (value, _) in enumerate(FORMS)]


@pytest.mark.parametrize(("value", "form"), FORMS, ids=IDS)
def test_a_value_that_goes_in_has_this_form(value: Any, form: Any) -> None:
    """A variable's or a file's value as the score function gets it."""
    assert repr(list(records_of_variable("v", [{"x": value}]))) == repr([{"x": form}])


@pytest.mark.parametrize(("value", "form"), FORMS, ids=IDS)
def test_a_value_that_comes_out_has_the_same_form(value: Any, form: Any) -> None:
    """The model's value as it is written (spec 13.10)."""
    assert repr(json.loads(json_writer.to_json({"x": value}))) == repr({"x": form})


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (pandas.Period("2024-01", "M"), "2024-01"),
        (pandas.Interval(0, 1), "(0, 1]"),
        (b"\x00\xff", "\x00\u00ff"),
        (float("nan"), None),
    ],
    ids=["period", "interval", "bytes", "nan"],
)
def test_these_go_in_only(value: Any, form: Any) -> None:
    """A column of them is no reason to refuse a file; as a result they have no JSON form."""
    assert list(records_of_variable("v", [{"x": value}])) == [{"x": form}]
    with pytest.raises(json_writer.UnwritableError):
        json_writer.to_json({"x": value})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": [{"b": object()}]}, "record 0 cannot be JSON: a[0].b: object has no JSON form"),
        ({"a": 1j}, "record 0 cannot be JSON: a: complex has no JSON form"),
        ({1: 0, "1": 0}, "two fields are called '1'"),
    ],
    ids=["object", "complex", "keys"],
)
def test_what_has_no_form_is_refused_with_its_place(value: Any, said: str) -> None:
    """Never a TypeError of the json module."""
    with pytest.raises(InputError) as caught:
        list(records_of_variable("v", [value]))

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"by": {("a", 1): 2}}, "by: tuple cannot be a key in JSON"),
        ({"bins": [{"at": pandas.Interval(0, 1)}]}, "bins[0].at: Interval has no JSON form"),
        ({"bins": {pandas.Interval(0, 1): 3}}, "bins: Interval has no JSON form"),
        ({"months": {pandas.Period("2024-01"): 3}}, "months: Period has no JSON form"),
        ({"a": {1: 2, "1": 3}}, "a: the key 1 appears twice"),
        ({"a": {True: 2, "true": 3}}, "a: the key true appears twice"),
        ({"a": {None: 2, "null": 3}}, "a: the key null appears twice"),
        ({"a": {0.5: 2, "0.5": 3}}, "a: the key 0.5 appears twice"),
        ({"a": {numpy.int64(1): 2, 1.5: 3, "1": 4}}, "a: the key 1 appears twice"),
        (pandas.DataFrame([[1, 2]], columns=[1, "1"]), "[0]: the key 1 appears twice"),
        ({"s": pandas.Series([1, 2], index=["a", "a"])}, "s: a Series with a repeated label"),
    ],
    ids=range(11),
)
def test_what_cannot_be_written_is_told_with_its_place(value: Any, said: str) -> None:
    """As a NaN is; and no key is written twice."""
    with pytest.raises(json_writer.UnwritableError) as caught:
        json_writer.to_json(value)

    assert caught.value.message.startswith(said)


def test_keys_that_are_no_texts_are_written_as_json_writes_them() -> None:
    """Only keys that are one in JSON are refused."""
    value = {2: 0, 1.5: 0, True: 1, None: 2, 10**16 + 0.5: 3}

    assert json_writer.to_json(value).decode() == json.dumps(value, separators=(",", ":"))


def test_columns_of_one_name_are_all_there() -> None:
    """In and out, as the CSV reader does: ``a``, ``a.1``."""
    frame = pandas.DataFrame([[1, 2, 3]], columns=["a", "a", "b"])
    table = pyarrow.table([[1], [2], [3]], names=["a", "a", "b"])
    rows = [{"a": 1, "a.1": 2, "b": 3}]

    assert list(records_of_variable("v", frame)) == rows
    assert list(records_of_variable("v", table)) == rows
    assert json.loads(json_writer.to_json(frame)) == rows


@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_columns_of_one_name_in_a_file_are_all_there(tmp_path: Path, name: str) -> None:
    """Both kinds of file allow them."""
    table = pyarrow.table([[1], [2]], names=["a", "a"])
    with pyarrow.OSFile(str(tmp_path / "in"), "wb") as sink:
        if name == "parquet":
            pyarrow.parquet.write_table(table, sink)
        else:
            with pyarrow.ipc.new_file(sink, table.schema) as file:
                file.write_table(table)

    assert list(records_of_variable("in", FORMATS[name].read(tmp_path / "in"))) == [
        {"a": 1, "a.1": 2}
    ]


def test_periods_and_intervals_of_a_file_are_their_text(tmp_path: Path) -> None:
    """pandas keeps them in Parquet as types of its own."""
    frame = pandas.DataFrame(
        {
            "p": [pandas.Period("2024-01", "M")],
            "i": [pandas.Interval(0, 1)],
            "t": [pandas.Timedelta(1)],
        }
    )
    frame.to_parquet(tmp_path / "in")

    assert list(records_of_variable("in", FORMATS["parquet"].read(tmp_path / "in"))) == [
        {"p": "2024-01", "i": "(0, 1]", "t": 1e-09}
    ]


def test_nanoseconds_need_no_pandas_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is only pyarrow, which has no dates that fine."""
    table = pyarrow.table(
        {
            "at": pyarrow.array([1, None], pyarrow.timestamp("ns")),
            "for": pyarrow.array([1, None], pyarrow.duration("ns")),
            "time": pyarrow.array([10**9 + 1, 10**9], pyarrow.time64("ns")),
        }
    )
    with monkeypatch.context() as patch:
        patch.setitem(__import__("sys").modules, "pandas", None)
        rows = list(records_of_variable("t", table))

    assert rows == [
        {"at": "1970-01-01T00:00:00.000000001", "for": 1e-09, "time": "00:00:01.000000001"},
        {"at": None, "for": None, "time": "00:00:01"},
    ]


MOMENTS = st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2200, 1, 1))
ARROW = st.one_of(
    st.tuples(st.just(pyarrow.int64()), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(pyarrow.uint64()), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(pyarrow.float64()), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just(pyarrow.string()), st.text()),
    st.tuples(st.just(pyarrow.binary()), st.binary()),
    st.tuples(st.just(pyarrow.bool_()), st.booleans()),
    st.tuples(st.just(pyarrow.date32()), st.dates()),
    st.tuples(st.just(pyarrow.time64("us")), st.times()),
    st.tuples(st.just(pyarrow.timestamp("us")), MOMENTS),
    st.tuples(st.just(pyarrow.timestamp("us", "UTC")), st.datetimes(timezones=st.just(UTC))),
    st.tuples(
        st.just(pyarrow.duration("us")),
        st.timedeltas(dt.timedelta(-10000), dt.timedelta(10000)),
    ),
    st.tuples(
        st.just(pyarrow.decimal128(38, 2)),
        st.decimals(-(10**30), 10**30, places=2),
    ),
    st.tuples(st.just(pyarrow.list_(pyarrow.string())), st.lists(st.text())),
)
BACK: dict[type, Any] = {
    dt.date: dt.date.fromisoformat,
    dt.time: dt.time.fromisoformat,
    dt.datetime: dt.datetime.fromisoformat,
    dt.timedelta: lambda form: dt.timedelta(microseconds=round(form * 10**6)),
    D: lambda form: D(repr(form) if isinstance(form, float) else str(form)),
    bytes: lambda form: form.encode("latin-1"),
}


@given(ARROW)
def test_no_value_of_arrow_loses_anything(case: tuple[Any, Any]) -> None:
    """Through the host's form, JSON, the runner's form and JSON again, and back to the value."""
    kind, value = case
    (row,) = records_of_variable("t", pyarrow.table({"x": pyarrow.array([value], kind)}))
    form = json.loads(json_writer.to_json(json.loads(json.dumps(row))))["x"]

    assert BACK.get(type(value), lambda each: each)(form) == value


AVRO = st.one_of(
    st.tuples(st.just("long"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("double"), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("string"), st.text(st.characters(exclude_categories=["Cs"]))),
    st.tuples(st.just("bytes"), st.binary()),
    st.tuples(st.just({"type": "int", "logicalType": "date"}), st.dates()),
    st.tuples(st.just({"type": "long", "logicalType": "time-micros"}), st.times()),
    st.tuples(
        st.just({"type": "long", "logicalType": "timestamp-micros"}),
        st.datetimes(dt.datetime(1970, 1, 2), timezones=st.just(UTC)),
    ),
    st.tuples(
        st.just({"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 2}),
        st.decimals(-(10**20), 10**20, places=2),
    ),
    st.tuples(
        st.just({"type": "map", "values": "long"}), st.dictionaries(st.text(), st.integers(0, 9))
    ),
)


@given(AVRO)
def test_no_value_of_avro_loses_anything(case: tuple[Any, Any]) -> None:
    """Logical types included."""
    kind, value = case
    schema = {"type": "record", "name": "r", "fields": [{"name": "x", "type": kind}]}
    file = io.BytesIO()
    fastavro.writer(file, schema, [{"x": value}])
    file.seek(0)
    (row,) = records_of_variable("t", list(fastavro.reader(file)))
    form = json.loads(json_writer.to_json(json.loads(json.dumps(row))))["x"]

    assert BACK.get(type(value), lambda each: each)(form) == value


def test_spans_beyond_pythons_own_are_seconds_all_the_same() -> None:
    """Arrow has longer ones."""
    table = pyarrow.table({"for": pyarrow.array([2**60], pyarrow.duration("s"))})

    assert list(records_of_variable("t", table)) == [{"for": float(2**60)}]
