"""CSV outputs and the values of numpy and pandas (spec 2.3, 13.10)."""

from __future__ import annotations

from .harness import Stage


def test_csv_takes_its_header_from_the_first_record(stage: Stage) -> None:
    """Missing and null fields are empty; others than the header's are rejected (spec 13.10)."""
    source = """
OUT = [
    {"a": 1, "b": None, "c": 'x"y,z'},
    {"c": "two\\nlines", "a": 2.5},
    {"a": 1, "other": 2},
    [1],
    {"a": True, "b": {"n": [1, None]}, "c": ""},
    {"a": float("nan")},
]
def score(number): return OUT[number]
"""
    ran = stage(source, "0\n1\n2\n3\n4\n5\n", output="out.csv")

    assert ran.output == (
        'a,b,c\r\n1,,"x""y,z"\r\n2.5,,"two\nlines"\r\ntrue,"{""n"": [1, null]}",\r\n'
    )
    assert ran.counts == (6, 3, 3, 0, 3)
    assert [error["stage"] for error in ran.errors] == ["output encoding"] * 3


FIELDS = [{"name": name, "type": ["null", "long"]} for name in ("id", "y", "note")]
OUTPUT = {"1": {"schema": {"type": "record", "name": "out", "fields": FIELDS}}}


def test_csv_has_the_columns_of_the_output_schema(stage: Stage) -> None:
    """Whatever the first record lacks, so that all parts of an output have one header."""
    source = "def score(x): return {'y': 2, 'id': 1} if x else {'y': 1}"
    ran = stage(source, "0\n1\n", output="out.csv", slots=OUTPUT)

    assert ran.output == "id,y,note\r\n,1,\r\n1,2,\r\n"


def test_a_schema_without_the_fields_of_the_first_record_names_no_columns(stage: Stage) -> None:
    """Its records are not lost: nobody has asked for a check."""
    source = "def score(x): return {'y': x, 'more': x}"
    ran = stage(source, "0\n1\n", output="out.csv", slots=OUTPUT)

    assert ran.output == "y,more\r\n0,0\r\n1,1\r\n"


def test_values_of_numpy_become_json(stage: Stage) -> None:
    """Scalars and arrays, also as keys; NaN is rejected wherever it sits (spec 13.10)."""
    source = """
import numpy as np
OUT = [
    np.int64(7), np.float32(0.5), np.bool_(True), np.str_("s"), np.array([[1, 2]]),
    {"a": np.float64(1.5), np.int64(3): np.uint8(4)}, np.datetime64("2024-01-02T03:04:05"),
    np.array(["2024-01-02", "NaT"], "datetime64[D]"), np.timedelta64(90, "s"), np.longdouble(2),
    [np.array([1.0, float("nan")])], np.float64("inf"), np.array([1j]),
]
def score(number): return [OUT[number]]
"""
    ran = stage(source, "".join(f"{n}\n" for n in range(13)))

    assert ran.records == [
        [7],
        [0.5],
        [True],
        ["s"],
        [[[1, 2]]],
        [{"a": 1.5, "3": 4}],
        ["2024-01-02T03:04:05"],
        [["2024-01-02T00:00:00", None]],
        [90.0],
        [2.0],
    ]
    assert [error["index"] for error in ran.errors] == [10, 11, 12]


def test_values_of_pandas_become_json(stage: Stage) -> None:
    """Frames are lists of rows, NA and NaT null, timestamps ISO 8601 (spec 13.10)."""
    source = """
import pandas as pd
frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
OUT = [
    frame, frame["a"], frame.iloc[0], pd.Timestamp("2024-01-02 03:04:05", tz="UTC"), pd.NaT, pd.NA,
    pd.Series([1.5], index=["k"]), pd.Index([1, 2]), pd.Categorical(["c"]), pd.Timedelta("90s"),
    pd.DataFrame({"a": [float("nan")]}),
]
def score(number): return [OUT[number]]
"""
    ran = stage(source, "".join(f"{n}\n" for n in range(11)))

    assert ran.records == [
        [[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]],
        [[1, 2]],
        [{"a": 1, "b": "x"}],
        ["2024-01-02T03:04:05+00:00"],
        [None],
        [None],
        [{"k": 1.5}],
        [[1, 2]],
        [["c"]],
        [90.0],
    ]
    assert [error["message"] for error in ran.errors] == ["NaN is not JSON"]


def test_it_is_said_where_a_nan_stands(stage: Stage) -> None:
    """In a result of a hundred numbers nobody finds it otherwise."""
    source = """
import math
OUT = [{"auc": math.nan}, {"bias": [{"values": {"tpr": 1.0}}, {"values": {"tpr": -math.inf}}]}, math.nan]
deep = inner = []
for _ in range(100): inner.append([]); inner = inner[0]
inner.append(math.nan)
OUT.append(deep)
def score(number): return OUT[number]
"""
    ran = stage(source, "0\n1\n2\n3\n")

    assert [error["message"] for error in ran.errors] == [
        "auc is NaN, which is not JSON",
        "bias[1].values.tpr is -Infinity, which is not JSON",
        "NaN is not JSON",
        "NaN is not JSON",
    ]
