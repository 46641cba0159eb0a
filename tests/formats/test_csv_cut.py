"""CSV is cut where the runner's own reader begins a row."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelop_jupyter.domain.chunks import ByteRange
from modelop_jupyter.formats import csv_rows, cuts
from modelop_jupyter.formats.cuts import CsvCut

from ..runner.harness import load_parts

csv_reader, input_stream, errors = load_parts("csv_reader", "input_stream", "errors")


def read(path: Path, delimiter: str, ranges: Sequence[ByteRange | None]) -> list[Any]:
    """Return all that the runner's reader yields of a file's ranges, one after the other."""
    item = {"path": str(path), "delimiter": delimiter}
    found = []
    for part in ranges:
        bounds = (part.start, part.end) if part else (0, None)
        stream = input_stream.InputStream(item, *bounds)
        for bad, value, raw, span in csv_reader.csv_records(item, stream, None):
            found.append((bad and (bad.reason, bad.message), value, b"".join(raw), span))
        stream.close()
    return found


def sent(cut: CsvCut, file: BinaryIO, part: ByteRange, size: int) -> bytes:
    """Return the file that a node has which cannot read the whole: zeros where nothing is needed."""
    target = bytearray(size)
    for place in cut.needed(file, part):
        file.seek(place.start)
        target[place.start : place.end] = file.read(place.end - place.start)
    return bytes(target)


PIECES = 'a|b|,|"|""|\n|\r\n|\r| |\0|é|;|",|,"|"\n|x,y\n'.split("|")
WILD = st.lists(st.sampled_from(PIECES), max_size=60).map(lambda parts: "".join(parts).encode())
CELLS = st.sampled_from('|1|""|"a\nb"|",\n"|","|"a""b"|5"|"open|"a"b|\r|"\r\n"'.split("|"))
ROWS = st.builds(
    lambda rows, ending: "".join(",".join(row) + ending for row in rows).encode(),
    st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=25),
    st.sampled_from(["\n", "\r\n"]),
)
HEADERS = st.sampled_from([b"", b"a,b\n", b'\xef\xbb\xbf"a\n",b\n', b'\n\n"a","b"\r\n', b"a;b\n"])


@pytest.mark.parametrize("sizes", [(1 << 20, 1 << 20), (3, 40), (40, 1)], ids=str)
@settings(max_examples=120, deadline=None)
@given(
    st.one_of(WILD, ROWS, st.binary(max_size=60)), HEADERS, st.integers(1, 9), st.sampled_from(",;")
)
def test_records_of_ranges_are_those_of_the_whole(
    sizes: tuple[int, int], data: bytes, header: bytes, count: int, delimiter: str
) -> None:
    """Issue 14: cut at the runner's own borders; whatever blocks the file is read in."""
    data = header + data
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "_BLOCK", sizes[0])
        patch.setattr(csv_rows, "_WINDOW", sizes[1])
        patch.setattr(cuts, "_HEAD", 0)
        path = Path(folder, "in.csv")
        path.write_bytes(data)
        cut = CsvCut(delimiter)
        with path.open("rb") as file:
            ranges = cut.ranges(file, len(data), count)
            counts = [cut.count_records(file, part) for part in ranges]
            parts = [sent(cut, file, part, len(data)) for part in ranges]
        assert b"".join(data[part.start : part.end] for part in ranges) == data
        assert len(ranges) <= count
        try:
            whole = read(path, delimiter, [None])
        except errors.StageError as error:
            assert "header of the CSV input cannot be read" in str(error)
            return
        assert read(path, delimiter, ranges) == whole
        by_part = [read(path, delimiter, [part]) for part in ranges]
        assert counts == list(map(len, by_part))
        for part, content, records in zip(ranges, parts, by_part, strict=True):
            path.write_bytes(content)
            assert read(path, delimiter, [part]) == records


def cut(data: bytes, count: int) -> list[bytes]:
    """Return the ranges of a file as bytes."""
    ranges = CsvCut(",").ranges(BytesIO(data), len(data), count)
    return [data[part.start : part.end] for part in ranges]


@pytest.mark.parametrize(
    "row",
    [
        b"1,plain,2\n",
        b'1,"quoted",2\n',
        b'"1","",""\r\n',
        b'1,"two\nlines, ""quoted""",2\n',
        b'1,5" pipe,2\n',
        b'1,"open,2\n',
        b',","\n,","\n',
        b'a","c\n',
    ],
    ids=repr,
)
def test_parts_are_of_about_one_size_whatever_is_quoted(row: bytes) -> None:
    """Issue 14: also where it takes reading row by row to find the borders."""
    data = b"a,b,c\n" + row * 2000

    assert [round(4 * len(part) / len(data), 1) for part in cut(data, 4)] == [1.0] * 4


def test_a_row_is_never_cut() -> None:
    """Issue 14: one cell may be as large as all others together."""
    data = b'a,b\n1,2\n3,"' + b"x\n,y\n" * 1000 + b'"\n5,6\n'

    assert cut(data, 5) == [data[: data.index(b"5,6")], b"5,6\n"]


class CountedFile(BytesIO):
    """A file that counts the bytes that are read of it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def test_a_file_with_quoted_text_is_read_at_the_cuts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 14: cutting is far quicker than scoring."""
    monkeypatch.setattr(csv_rows, "_BLOCK", 1000)
    data = b"".join(b'%d,"some text, quoted",2\n' % n for n in range(50_000))
    file = CountedFile(data)

    assert len(CsvCut(",").ranges(file, len(data), 8)) == 8
    assert file.count < len(data) / 20


@pytest.mark.parametrize("row", [b"1,plain,2\n", b'1,"",2\n', b'a","c\n', b'x,"open\n'], ids=repr)
def test_no_file_is_searched_over_and_over(monkeypatch: pytest.MonkeyPatch, row: bytes) -> None:
    """Issue 14: the time of a cut grows with the file, not with the number of parts."""
    monkeypatch.setattr(csv_rows, "_BLOCK", 1000)
    data = b"a,b,c\n" + row * 5_000
    file = CountedFile(data)

    assert len(CsvCut(",").ranges(file, len(data), 20)) == 20
    assert file.count < 3 * len(data)
