"""Parquet and Avro files are cut where the records of the parts are those of the whole."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import fastavro
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelop_jupyter.domain.chunks import ByteRange
from modelop_jupyter.formats import FORMATS
from modelop_jupyter.formats.avro_blocks import AvroCut
from modelop_jupyter.formats.cut import RecordCut
from modelop_jupyter.formats.json_and_text import line_of
from modelop_jupyter.formats.json_values import plain_rows
from modelop_jupyter.formats.row_groups import ParquetCut

MOMENTS = st.one_of(st.none(), st.integers(-(2**62), 2**62), st.just(1000))
COLUMNS = st.one_of(
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1).map(
        lambda values: pyarrow.array(values, pyarrow.int64())
    ),
    st.lists(st.one_of(st.none(), st.text(max_size=9)), min_size=1).map(
        lambda values: pyarrow.array(values, pyarrow.string())
    ),
    st.builds(
        lambda values, zone: pyarrow.array(values, pyarrow.timestamp("ns", zone)),
        st.lists(MOMENTS, min_size=1),
        st.sampled_from([None, "UTC"]),
    ),
    st.lists(MOMENTS, min_size=1).map(lambda values: pyarrow.array(values, pyarrow.duration("us"))),
    st.lists(st.one_of(st.none(), st.lists(st.integers(0, 9), max_size=3)), min_size=1).map(
        lambda values: pyarrow.array(values, pyarrow.list_(pyarrow.int32()))
    ),
    st.lists(
        st.one_of(
            st.none(), st.fixed_dictionaries({"a": st.booleans(), "b": st.floats(allow_nan=False)})
        ),
        min_size=1,
    ).map(
        lambda values: pyarrow.array(
            values, pyarrow.struct({"a": pyarrow.bool_(), "b": pyarrow.float64()})
        )
    ),
    st.lists(st.sampled_from("xyz"), min_size=1).map(
        lambda values: pyarrow.array(values).dictionary_encode()
    ),
    st.lists(st.one_of(st.none(), st.binary(max_size=5)), min_size=1).map(
        lambda values: pyarrow.array(values, pyarrow.binary())
    ),
)


@st.composite
def parquet_files(draw: Any) -> bytes:
    """Make a file of columns of all kinds, in row groups of any sizes, empty ones among them."""
    columns = draw(st.lists(COLUMNS, min_size=1, max_size=4))
    # Each column is repeated up to the length that all are to have.
    count = draw(st.integers(0, 60))
    arrays = [
        column.take(pyarrow.array([n % len(column) for n in range(count)], pyarrow.int64()))
        for column in columns
    ]
    table = pyarrow.table(arrays, names=[f"c{n % 3}" for n in range(len(arrays))])
    target = io.BytesIO()
    with pyarrow.parquet.ParquetWriter(target, table.schema) as writer:
        start = 0
        for size in draw(st.lists(st.integers(0, 25), max_size=6)):
            writer.write_table(table.slice(start, size), row_group_size=max(1, size))
            start += size
        writer.write_table(table.slice(min(start, count)))
    return target.getvalue()


AVRO = {
    "type": "record",
    "name": "r",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "text", "type": ["null", "string"]},
        {"name": "bytes", "type": "bytes"},
        {"name": "more", "type": {"type": "array", "items": {"type": "map", "values": "double"}}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    ],
}
RECORDS = st.fixed_dictionaries(
    {
        "id": st.integers(-(2**63), 2**63 - 1),
        "text": st.one_of(st.none(), st.text(max_size=20)),
        "bytes": st.binary(max_size=20),
        "more": st.lists(
            st.dictionaries(st.text(max_size=3), st.floats(allow_nan=False)), max_size=2
        ),
        "at": st.integers(0, 2**50),
    }
)


@st.composite
def avro_files(draw: Any) -> bytes:
    """Make a file of records of any sizes in blocks of about any size, some of no records."""
    marks = st.sampled_from([bytes(16), b"\2\0" * 8, bytes(range(100, 116))])
    target, mark = io.BytesIO(), draw(st.one_of(marks, st.binary(min_size=16, max_size=16)))
    records = draw(st.lists(RECORDS, max_size=30))
    writer = fastavro.write.Writer(
        target,
        AVRO,
        codec=draw(st.sampled_from(["null", "deflate"])),
        sync_interval=draw(st.integers(1, 200)),
        sync_marker=mark,
    )
    for record in records:
        writer.write(record)
    writer.flush()
    return target.getvalue()


def lines(name: str, records: Iterator[Any]) -> bytes:
    return "".join(map(line_of, plain_rows(name, records))).encode()


def whole(name: str, data: bytes) -> bytes:
    """Return the JSON lines that a submission makes of a file."""
    return lines(name, FORMATS[name].read(None, opener=lambda _: io.BytesIO(data)))  # type: ignore[arg-type]


def file_of(cut: RecordCut, data: bytes, part: ByteRange) -> io.BytesIO:
    """Return the file that a node has of a range: zeros where nothing is needed."""
    target = bytearray(len(data))
    for place in cut.needed(io.BytesIO(data), part):
        target[place.start : place.end] = data[place.start : place.end]
    return io.BytesIO(bytes(target))


def require_parts_of_the_whole(cut: RecordCut, name: str, data: bytes, count: int) -> None:
    ranges = cut.ranges(io.BytesIO(data), len(data), count)
    parts = [lines(name, cut.records(io.BytesIO(data), part)) for part in ranges]

    assert b"".join(data[part.start : part.end] for part in ranges) == data
    assert 1 <= len(ranges) <= count
    assert b"".join(parts) == whole(name, data)
    for part, text in zip(ranges, parts, strict=True):
        assert lines(name, cut.records(file_of(cut, data, part), part)) == text
        assert cut.count_records(io.BytesIO(data), part) == text.count(b"\n")
        again = cut.cut_part(io.BytesIO(data), part, 3)
        assert (again[0].start, again[-1].end) == (part.start, part.end)
        pieces = (lines(name, cut.records(io.BytesIO(data), piece)) for piece in again)
        assert b"".join(pieces) == text


@settings(max_examples=150, deadline=None)
@given(parquet_files(), st.integers(1, 9))
def test_rows_of_row_groups_are_those_of_the_file(data: bytes, count: int) -> None:
    """Issue 14: the same JSON, whichever rows stand in one row group, and of the needed bytes alone."""
    require_parts_of_the_whole(ParquetCut(), "parquet", data, count)


@settings(max_examples=150, deadline=None)
@given(avro_files(), st.integers(1, 9))
def test_records_of_blocks_are_those_of_the_file(data: bytes, count: int) -> None:
    """Issue 14: the same JSON, whatever bytes the mark between the blocks has."""
    require_parts_of_the_whole(AvroCut(), "avro", data, count)


def parquet(rows: int, group: int) -> bytes:
    target = io.BytesIO()
    table = pyarrow.table({"x": range(rows), "id": [str(uuid.UUID(int=n)) for n in range(rows)]})
    pyarrow.parquet.write_table(table, target, row_group_size=group)
    return target.getvalue()


def avro(records: int) -> bytes:
    target = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": "x", "type": "long"}]}
    fastavro.writer(target, schema, [{"x": n} for n in range(records)])
    return target.getvalue()


@pytest.mark.parametrize(
    ("cut", "data", "count", "shares"),
    [
        (ParquetCut(), parquet(4000, 1000), 2, [2000, 2000]),
        (ParquetCut(), parquet(3000, 1000), 2, [2000, 1000]),
        (ParquetCut(), parquet(3000, 1000), 8, [1000, 1000, 1000]),
        (ParquetCut(), parquet(1000, 1000), 4, [1000]),
        (AvroCut(), avro(100), 4, [100]),
    ],
)
def test_parts_are_of_whole_row_groups(
    cut: RecordCut, data: bytes, count: int, shares: Sequence[int]
) -> None:
    """Issue 14: about equal ones, and never more than there are row groups."""
    ranges = cut.ranges(io.BytesIO(data), len(data), count)

    assert [cut.count_records(io.BytesIO(data), part) for part in ranges] == shares


def test_blocks_give_parts_of_about_one_size() -> None:
    """Issue 14: what writers take for a block is small."""
    data, cut = avro(100_000), AvroCut()
    ranges = cut.ranges(io.BytesIO(data), len(data), 3)
    counts = [cut.count_records(io.BytesIO(data), part) for part in ranges]

    assert sum(counts) == 100_000
    assert max(counts) - min(counts) < 15_000


def test_only_row_groups_of_a_part_and_the_footer_are_needed() -> None:
    """Issue 14: of a remote object nothing else is fetched."""
    data, cut = parquet(40_000, 10_000), ParquetCut()
    part = cut.ranges(io.BytesIO(data), len(data), 4)[1]
    needed = cut.needed(io.BytesIO(data), part)

    assert sum(place.end - place.start for place in needed) < len(data) * 0.3


def test_a_row_group_without_columns_is_read_with_all_others() -> None:
    """It stands nowhere in the file."""
    target = io.BytesIO()
    table = pyarrow.table({"x": range(5)}).select([])
    pyarrow.parquet.write_table(table, target)
    data = target.getvalue()
    found = ParquetCut().ranges(io.BytesIO(data), len(data), 3)

    assert found == [ByteRange(0, len(data))]
    assert [json.dumps(one) for one in ParquetCut().records(io.BytesIO(data), found[0])] == [
        "{}"
    ] * ParquetCut().count_records(io.BytesIO(data), found[0])
