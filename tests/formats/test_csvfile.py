"""CSV as the host reads it: to show it, to compare it, to infer a schema."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from modelop_jupyter.formats import format_for, read_page
from modelop_jupyter.formats.csvfile import first_row

LONG = "x" * 200_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a cell that is longer than the csv module allows by itself."""
    csv.field_size_limit(131_072)
    path = tmp_path / "out.csv"
    path.write_text(f"a,b\n{LONG},1\n2,3\n")
    return path


def test_a_long_cell_is_read(path: Path) -> None:
    """Not an error of the csv module, which no user can act on."""
    assert list(format_for("out.csv").read(path)) == [{"a": LONG, "b": 1}, {"a": 2, "b": 3}]


def test_a_long_cell_is_in_a_page(path: Path) -> None:
    """The sidebar shows what the runner wrote."""
    assert read_page(path, 0, 1) == ([{"a": LONG, "b": 1}], 2)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (b"\n \na,b\n", b"1,2\n"),
        (b'"a\n\n""b"" ,","c"\r\n', b"1,2\r\n"),
        (b'6" pipe,price\n', b"1,2\n"),
        (b'\xef\xbb\xbf"a\nb";c\n', b"1;2\n"),
        (b'"' + b"long\n" * 12_000 + b'",b\n', b"1,2\n"),
    ],
)
def test_the_first_row_ends_where_the_runner_ends_it(header: bytes, row: bytes) -> None:
    """A quote within a cell opens none, and one that opens a cell may be closed lines later."""
    assert first_row(io.BytesIO(header + row)) == header
