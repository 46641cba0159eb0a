"""CSV inputs: rows, cells and what is wrong with them (spec 2.1, 13.7)."""

from __future__ import annotations

import csv
import io
import json
import math
import tempfile
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .harness import Stage, load_parts

ECHO = "def score(row): return row"
csv_reader, input_stream = load_parts("csv_reader", "input_stream")


def read(data: bytes, schema: Any = None) -> tuple[list[Any], list[str]]:
    """Return the records of a CSV file, and what was said of the rejected ones."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        item = {"path": file.name}
        found = list(csv_reader.csv_records(item, input_stream.InputStream(item), schema))
    return [v for bad, v, *_ in found if bad is None], [bad.message for bad, *_ in found if bad]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("1.5", 1.5),
        ("1.50", 1.5),
        ("-0.0", -0.0),
        ("1e5", 100000.0),
        ("1e-05", 1e-05),
        ("0.30000000000000004", 0.30000000000000004),
    ],
)
def test_a_cell_is_a_number_when_nothing_is_lost(text: str, value: object) -> None:
    """Whole numbers stay whole, fractions are floats, an empty cell is None (spec 13.7)."""
    found = csv_reader.read_cell(text)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    "007 1_000 +5 .5 5. -0 00 0x10 nan NaN inf -Infinity 1e999 1e-999 True null 1,5 \u0661 ² - --1 1e 1.2.3"
    " 0.1234567890123456789 12345678901234567890.5".split(),
)
def test_other_cells_stay_text(text: str) -> None:
    """`007` and `1_000` stay text, and what a float cannot hold (spec 13.7)."""
    assert csv_reader.read_cell(text) == text


@pytest.mark.parametrize("text", [" 1", "1 ", "1\n", "\t1", "1\u00a0", "9" * 5000])
def test_cells_with_space_around_stay_text(text: str) -> None:
    """Space is content (spec 13.7)."""
    assert csv_reader.read_cell(text) == text


@given(st.one_of(st.text(max_size=12), st.from_regex(r"-?[0-9_+.eE ]{1,24}", fullmatch=True)))
def test_a_number_can_always_be_turned_back(text: str) -> None:
    """An int is written as it was, a float is equal to the digits, all else is the text
    (spec 13.7).
    """
    value = csv_reader.read_cell(text)
    told = {
        int: lambda: str(value) == text,
        float: lambda: Decimal(repr(value)) == Decimal(text) and math.isfinite(value),
        str: lambda: value == text != "",
        type(None): lambda: text == "",
    }

    assert told[type(value)]()


ROWS = st.lists(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=6),
        min_size=2,
        max_size=2,
    )
)


@given(ROWS, st.sampled_from(["\r\n", "\n"]), st.booleans())
def test_what_csv_writes_is_read_back(rows: list[list[str]], ending: str, bom: bool) -> None:
    """RFC 4180: quotes, delimiters and line ends within csv_reader."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *rows])
    records, problems = read(file.getvalue().encode())

    assert problems == []
    assert records == [
        {"a": csv_reader.read_cell(a), "b": csv_reader.read_cell(b)} for a, b in rows
    ]


@given(st.binary(max_size=60))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    """Anything in a data file may be rejected; rows after it are still read."""
    read(b"a,b\n" + data)
    records, _ = read(b"a,b\n" + data.replace(b'"', b"") + b"\nlast,1\n")

    assert records[-1] == {"a": "last", "b": 1}


@pytest.mark.parametrize(
    ("header", "row", "record"),
    [
        ("a;b", "1;2,5", {"a": 1, "b": "2,5"}),
        ("a\tb", "1\t2", {"a": 1, "b": 2}),
        ("a;b,c", "1;2,3", {"a;b": "1;2", "c": 3}),
        ("a;b\tc", "1", {"a;b\tc": 1}),
        ('"x;y"', "1;2", {"x;y": "1;2"}),
        ("a,a,a", "1,2,3", {"a": 1, "a.1": 2, "a.2": 3}),
        (",a", "0,1", {"Unnamed: 0": 0, "a": 1}),
        ('"a\nb",c', "1,2", {"a\nb": 1, "c": 2}),
        ("only", "1", {"only": 1}),
    ],
)
def test_the_header_names_the_cells(header: str, row: str, record: object) -> None:
    """Comma, or semicolon or tab where the header has no comma; names told apart as pandas does
    (spec 2.1).
    """
    assert read(f"\n{header}\n\n{row}\n   \n".encode()) == ([record], [])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b"1", "1 cells where the header has 2"),
        (b"1,2,3", "3 cells where the header has 2"),
        (b"\xff,1", "not UTF-8 at byte 1"),
        (b"a\0,1", "a NUL character"),
        (b'"a"b,1', "not CSV: ',' expected after '\"'"),
        (b'"open,1', "not CSV: ',' expected after '\"'"),
    ],
)
def test_a_bad_row_is_rejected_alone(row: bytes, said: str) -> None:
    """The rows around it are scored, also behind a quote that is never closed (spec 2.4)."""
    records, problems = read(b"a,b\n1,2\n" + row + b'\n3,"x"\n4,5\n')

    assert records == [{"a": 1, "b": 2}, {"a": 3, "b": "x"}, {"a": 4, "b": 5}]
    assert problems == [said]


def test_a_quote_open_to_the_end_swallows_nothing(stage: Stage) -> None:
    """Whatever stands behind it is read as rows (spec 2.4)."""
    rows = "".join(f"{n},x\n" for n in range(30000))
    ran = stage(ECHO, f'a,b\n"open,1\n{rows}', names=["in.csv"])

    assert ran.counts == (30001, 30000, 1, 0, 30000)
    assert ran.errors[0]["record"] == '"open,1'


SCHEMA = {
    "type": "record",
    "name": "r",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "n", "type": ["null", "int", "double"]},
        {"name": "d", "type": "double"},
        {"name": "b", "type": {"type": "boolean"}},
        {"name": "l", "type": {"type": "array", "items": "int"}},
        {"name": "t", "type": ["null", "string"]},
    ],
}


def test_a_schema_decides_the_types_of_cells() -> None:
    """Text stays text, numbers are what the schema calls them, what does not fit stays text
    (spec 13.7).
    """
    data = b'id,n,d,b,l,t,more\n007,5,5,TRUE,"[1, 2]",,007\n,2.5,x,no,[,1,8\n'

    assert read(data, SCHEMA)[0] == [
        {"id": "007", "n": 5, "d": 5.0, "b": True, "l": [1, 2], "t": None, "more": "007"},
        {"id": "", "n": 2.5, "d": "x", "b": "no", "l": "[", "t": "1", "more": 8},
    ]


def test_a_header_in_another_language_gives_way_to_the_schema() -> None:
    """A schema is the preferred source of names (spec 2.1)."""
    assert read(b"A,B,C,D,E,F\n1,2,3,true,[],x\n", SCHEMA)[0] == [
        {"id": "1", "n": 2, "d": 3.0, "b": True, "l": [], "t": "x"}
    ]


@pytest.mark.parametrize("data", ["", "\n\n", "a,b\n", "\ufeff"])
def test_a_file_without_rows_has_no_records(stage: Stage, data: str) -> None:
    """Nothing in, nothing out, no failure."""
    ran = stage(ECHO, data, names=["in.csv"])

    assert ran.ended == ("COMPLETE", "SUCCESS")
    assert ran.counts == (0, 0, 0, 0, 0)


def test_rows_keep_their_text_in_the_error_file(stage: Stage) -> None:
    """The record as it stood in the file (spec 13.11)."""
    ran = stage("def score(r): 1/0", 'a,b\r\n"x\ny",2\r\n', names=["in.csv"])

    assert ran.errors[0]["record"] == '"x\ny",2'
    assert json.dumps(ran.log).count("x\\ny") == 0
