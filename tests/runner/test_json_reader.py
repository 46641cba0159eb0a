"""JSON lines mean exactly what the json module makes of them (spec 13.6, 13.10)."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from .harness import load_parts

input_stream, json_writer, record_loop = load_parts("input_stream", "json_writer", "record_loop")

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=20,
)
PIECES = st.lists(
    st.sampled_from(
        [
            *'{}[]:,"\\ \t',
            "1",
            "-",
            "0",
            ".5",
            "e9",
            "true",
            "null",
            "NaN",
            "-Infinity",
            '"a"',
            "\\u0",
            "é",
            "\ud800",
        ]
    ),
    max_size=12,
).map("".join)


def refuse(word: str) -> None:
    raise ValueError(word)


def oracle(line: bytes) -> Any:
    """Return what json makes of a line, or ValueError."""
    try:
        return json.loads(line.decode(), parse_constant=refuse)
    except (ValueError, RecursionError):
        return ValueError


class Bytes:
    """A stream of what is there already, in two pieces."""

    def __init__(self, data: bytes) -> None:
        self.pieces = [
            data[: len(data) // 2] or data,
            data[len(data) // 2 :] if len(data) > 1 else b"",
        ]
        self.offset = 0

    def take(self, _size: int) -> bytes:
        data = self.pieces.pop(0) if self.pieces else b""
        self.offset += len(data)
        return data


def read(line: bytes) -> Any:
    found = list(record_loop.json_records(input_stream.Blocks(Bytes(line))))
    return [ValueError if bad else repr(value) for bad, value, *_ in found]


@given(VALUES, st.booleans())
def test_every_value_is_read_and_written_as_json_does(value: Any, ascii_only: bool) -> None:
    """The same value, the same text (spec 13.6)."""
    line = json.dumps(value, ensure_ascii=ascii_only)

    assert read(line.encode()) == [repr(json.loads(line))]
    assert json.loads(json_writer.to_json(value)) == json.loads(line)
    assert json_writer.to_json(value).decode() == json.dumps(
        value, ensure_ascii=False, separators=(",", ":")
    )


@given(PIECES)
def test_every_line_is_taken_or_refused_as_json_does(text: str) -> None:
    """Only NaN, Infinity and what is not UTF-8 are refused besides (spec 13.6)."""
    line = text.encode("utf-8", "surrogatepass").strip(b" \t")
    expected = oracle(line)

    assert read(line) == (
        [] if not line else [expected if expected is ValueError else repr(expected)]
    )


@given(st.binary(max_size=40))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    """Every line that is not blank is one record, good or bad; a byte order mark is no part of one."""
    text = data.removeprefix(b"\xef\xbb\xbf")
    lines = [line for line in text.split(b"\n") if line.strip(b" \t\r\n")]

    assert len(read(data)) == len(lines)


@given(st.recursive(SCALARS, lambda inner: st.tuples(inner, inner), max_leaves=5), st.floats())
def test_what_is_written_is_always_json(value: Any, number: float) -> None:
    """NaN and Infinity never get into an output (spec 13.10)."""
    try:
        text = json_writer.to_json({"value": value, "number": number}).decode()
    except json_writer.UnwritableError:
        text = "null"

    assert json.loads(text, parse_constant=refuse) in (
        None,
        json.loads(json.dumps({"value": value, "number": number})),
    )
