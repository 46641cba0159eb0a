"""Record sets in and out (spec 2.1, 13.10)."""

from __future__ import annotations

import numpy
import pandas
import pytest

from .harness import Stage, load_parts

(frames,) = load_parts("frames")

IN = {"0": {"recordsets": True}, "1": {}}
BOTH = {"0": {"recordsets": True}, "1": {"recordsets": True}}


@pytest.mark.parametrize(
    ("name", "data"),
    [("in.json", '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n'), ("in.csv", "a,b\n1,2\n3,4\n")],
)
@pytest.mark.parametrize(
    ("output", "written"),
    [
        ("out.json", '{"a":1,"b":2,"s":3}\n{"a":3,"b":4,"s":7}\n'),
        ("out.csv", "a,b,s\r\n1,2,3\r\n3,4,7\r\n"),
    ],
)
def test_a_frame_in_a_frame_out(
    stage: Stage, name: str, data: str, output: str, written: str
) -> None:
    """Any of the four combinations; each row is a record (spec 2.1, 2.3)."""
    source = "def score(df):\n    df['s'] = df.a + df.b\n    yield df"
    ran = stage(source, data, names=[name], output=output, slots=BOTH)

    assert ran.output == written
    assert ran.counts == (2, 2, 0, 0, 2)


@pytest.mark.parametrize(
    ("values", "kind", "shape"),
    [
        ([{"a": 1}, {"b": 2}], pandas.DataFrame, (2, 2)),
        ([1, 2, 3], pandas.Series, (3,)),
        ([[1, 2], [3, 4]], numpy.ndarray, (2, 2)),
        ([[1, 2], [3]], pandas.Series, (2,)),
        ([{"a": 1}, 2], pandas.Series, (2,)),
        ([], pandas.DataFrame, (0, 0)),
    ],
)
def test_records_become_what_pandas_has_for_them(
    values: list[object], kind: type, shape: tuple[int, ...]
) -> None:
    """Records a DataFrame, scalars a Series, arrays a matrix, nothing an empty DataFrame
    (spec 2.1).
    """
    found = frames.record_set(pandas, values)

    assert type(found) is kind
    assert found.shape == shape


def test_an_empty_input_is_an_empty_frame(stage: Stage) -> None:
    """The function is called once, with no records (spec 2.1)."""
    ran = stage("def score(df): return len(df)", "", slots=IN)

    assert ran.records == [0]
    assert ran.counts == (0, 0, 0, 0, 1)


def test_without_a_tag_on_the_output_a_frame_is_one_record(stage: Stage) -> None:
    """A list of its rows (spec 13.10)."""
    ran = stage("def score(df): return df", '{"a": 1}\n{"a": 2}\n', slots=IN)

    assert ran.records == [[{"a": 1}, {"a": 2}]]


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("df['a'] * 2", [2, 4]),
        ("df.values", [[1], [2]]),
        ("df['a'].iloc[0]", [1]),
        ("{'n': len(df)}", [{"n": 2}]),
    ],
)
def test_series_and_matrices_are_spread_too(stage: Stage, body: str, written: object) -> None:
    """Each row of a matrix, each value of a Series; anything else is one record (spec 2.1)."""
    ran = stage(f"def score(df): return {body}", '{"a": 1}\n{"a": 2}\n', slots=BOTH)

    assert ran.records == written


def test_bad_records_are_left_out_of_the_set(stage: Stage) -> None:
    """Counted one by one; the rest is scored together (spec 13.11)."""
    slots = {"0": {"recordsets": True, "schema": {"type": "map", "values": "int"}}, "1": {}}
    ran = stage(
        "def score(df): yield len(df)",
        '{"a": 1}\n{\n{"a": "x"}\n{"a": 2}\n',
        slots=slots,
        check="in",
    )

    assert ran.records == [2]
    assert ran.counts == (4, 2, 2, 0, 1)


def test_an_error_fails_the_whole_set(stage: Stage) -> None:
    """Every record of it, once (spec 13.11)."""
    ran = stage("def score(df): 1/0", "1\n2\nx\n", slots=IN)

    assert ran.counts == (3, 0, 1, 2, 0)
    assert len(ran.errors) == 2


def test_rows_with_nan_are_rejected_one_by_one(stage: Stage) -> None:
    """The others are written; the counts add up (spec 13.10)."""
    source = "def score(df):\n    df['q'] = df.a / df.b\n    return df[['q']]"
    data = '{"a": 1, "b": 2}\n{"a": 0, "b": 0}\n{"a": 1, "b": 0}\n{"a": 3, "b": 1}\n'
    ran = stage(source, data, slots=BOTH)

    assert ran.records == [{"q": 0.5}, {"q": 3.0}]
    assert ran.counts == (4, 2, 2, 0, 2)
    assert "[error] 2 output record(s) rejected by encoding" in ran.log
