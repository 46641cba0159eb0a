"""One reading of CSV: what the head of a file tells, and what is left for the runner and pandas."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from modelop_jupyter.formats import FORMATS
from modelop_jupyter.formats.csvfile import detect_dialect, write_rows

ROWS = [{"a": "x", "b": 1}, {"a": "y", "b": 2}]
PLAIN = b"a,b\nx,1\ny,2\n"


@pytest.mark.parametrize(
    ("name", "data", "guessed"),
    [
        ("in.csv", PLAIN, None),
        ("in.csv", b"\xef\xbb\xbf" + PLAIN, None),
        ("in.csv", b"a,b\r\nx,1\r\ny,2\r\n", None),
        ("in.csv", b"a;b\nx;1\ny;2\n", "cells are separated by semicolons (its header)"),
        ("in.csv", b"a|b\nx|1\ny|2\n", "cells are separated by '|' (its header)"),
        ("in.csv", b"a\tb\nx\t1\ny\t2\n", "cells are separated by tabs (its header)"),
        ("in.tsv", b"a\tb\nx\t1\ny\t2\n", None),
        ("in.tsv", PLAIN, "cells are separated by commas (its header)"),
        ("in.csv", b"sep=;\na;b\nx;1\ny;2\n", "cells are separated by semicolons (its first line)"),
        ("in.csv", b'"sep=|"\r\na|b\r\nx|1\r\ny|2\r\n', "cells are separated by '|' (its first line)"),
        ("in.csv", b"\xef\xbb\xbfsep=,\na,b\nx,1\ny,2\n", None),
        ("in.csv", b"a,b\rx,1\ry,2\r", "lines end with a carriage return"),
        ("in.csv", b"a,b\rx,1\ry,2", "lines end with a carriage return"),
        (
            "in.csv",
            b"# made by hand, on Monday, 2024\n#\na,b\nx,1\n# a remark\ny,2\n",
            "lines that begin with # and have another number of cells than the header are comments",
        ),
        ("in.csv", b"\n\na,b\n\nx,1\ny,2\n", None),
    ],
)  # fmt: skip
def test_a_file_is_read_the_same_however_it_is_written(
    tmp_path: Path, name: str, data: bytes, guessed: str | None
) -> None:
    """As it is, packed, and as it is handed to the runner; what was guessed is said."""
    path, packed, plain = tmp_path / name, tmp_path / f"{name}.gz", tmp_path / "plain.csv"
    path.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    dialect = detect_dialect(path, name)
    write_rows(path, plain, dialect)
    rest = detect_dialect(plain, "plain.csv")

    assert dialect.guessed == guessed
    assert list(FORMATS["csv"].read(path)) == ROWS
    assert list(FORMATS["csv"].read(packed)) == ROWS
    assert list(FORMATS["csv"].read(plain)) == ROWS
    assert rest.is_plain


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"#id,name\n1,a\n", [{"#id": 1, "name": "a"}]),
        (b"id,name\n#1,a\n", [{"id": "#1", "name": "a"}]),
        (b"tag\n#one\n", [{"tag": "#one"}]),
        (b'id,name\n1,"a\n# no comment\nb"\n', [{"id": 1, "name": "a\n# no comment\nb"}]),
        (b'# c\nid,name\n1,"a\n# no comment\nb"\n', [{"id": 1, "name": "a\n# no comment\nb"}]),
        (b"price, EUR;b\n1,5;2\n", [{"price": 1, " EUR;b": "5;2"}]),
        (b"a,b;c\n1,5;2\n3,\n", [{"a": 1, "b;c": "5;2"}, {"a": 3, "b;c": None}]),
        (b'"a;b",c\n1,2\n', [{"a;b": 1, "c": 2}]),
        (b"a;a;b\n1;2;3\n", [{"a": 1, "a.1": 2, "b": 3}]),
    ],
)
def test_what_may_be_data_is_data(tmp_path: Path, data: bytes, rows: object) -> None:
    """Comments have not as many cells as the header; of several marks the usual one counts."""
    (tmp_path / "in.csv").write_bytes(data)

    assert list(FORMATS["csv"].read(tmp_path / "in.csv")) == rows
