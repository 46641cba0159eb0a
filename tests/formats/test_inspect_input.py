"""Which files can be a job's input, and the one sentence for those that cannot."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats import check_input, format_for


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.json", "json"),
        ("a.jsonl", "json"),
        ("a.JSONS", "json"),
        ("a.json.gz", "json"),
        ("records", "json"),
        ("records.dat", "json"),
        ("a.csv", "csv"),
        ("a.CSV.gz", "csv"),
        ("a.xml", "text"),
        ("a.txt", "text"),
        ("a.parquet", "parquet"),
        ("a.feather", "arrow"),
        ("a.avro", "avro"),
    ],
)
def test_a_name_stands_for_a_format(name: str, format: str) -> None:
    """JSON lines come under any name (spec 2.1)."""
    assert format_for(name).name == format


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b'{"a": 1}\n'),
        ("a.json", b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}'),
        ("a.json", b"not json\n"),
        ("a.json", b'{"a": 1}\nnot json, this line\n'),
        ("a.json", b'[{"a": 1}, {"a": 2}]\n'),
        ("a.json", b"[\nnot json\n"),
        ("a.json", b"3\n"),
        ("a.csv", b"a,b\n1,2\n"),
        ("a.csv", b"a;b\r\n1;2\r\n"),
        ("a.xml", b"<x/>"),
        ("a.json", gzip.compress(b'{"a": 1}\n', mtime=0)),
        ("a.json", b'{"a": 1}\n{"a": \x00}\n\x00\x01\n'),
        ("a.json", b"\xff\xfe\n1\n"),
        ("a.csv", b"a,b\n1,\x00\n3,4\n"),
        ("a.json", b"\x1c"),
        ("a.json", '["\u2028"]\n["\u2028"]'.encode()),
        ("a.csv", b"long," * 20000 + b"\n1\n"),
        ("a.json", b"\n" * 70_000 + b'{"a": 1}\n'),
        ("a.csv", b" \r\n" * 70_000 + b"a,b\n1,2\n"),
    ],
)
def test_what_holds_records_is_taken(tmp_path: Path, name: str, data: bytes) -> None:
    """Bad records are rejected by the job, not the file before it (spec 13.11)."""
    (tmp_path / name).write_bytes(data)

    assert check_input(name, tmp_path / name, scoring=True).name == format_for(name).name


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.json", b"", "holds no records"),
        ("a.json", b" \r\n\n", "holds no records"),
        ("a.csv", b"a,b\n", "no records"),
        ("a.json", b"a,b\n1,2\n3,4\n", "is CSV, not JSON lines"),
        ("a.json", b"<x>\n<y/>\n</x>\n", "is XML, not JSON lines"),
        ("a.csv", b'{"a": 1}\n{"a": 2}\n', "is JSON lines, not CSV"),
        ("a.json", b"PAR1\x15\x04", "is a Parquet file, not JSON"),
        ("a.csv", b"PK\x03\x04...", "is a ZIP archive"),
        ("a.json", b"\x01\x00\x02", "is binary data"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        ("a.parquet", b"a,b\n1,2\n", "is not the parquet file its name says"),
        ("a.json", b"\x1f\x8b\x08broken", "cannot be read"),
    ],
)
def test_what_holds_none_is_refused(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    """Another format than the name says, or no records, is said before a job starts."""
    (tmp_path / name).write_bytes(data)

    with pytest.raises(InputError, match=reason):
        check_input(name, tmp_path / name, scoring=True)


def test_one_array_over_several_lines_is_refused_for_scoring(tmp_path: Path) -> None:
    """With the reason and the remedy (spec 13.6)."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"a": 1}, {"a": 2}], indent=2))

    with pytest.raises(InputError, match="one JSON array over several lines") as caught:
        check_input("a.json", path, scoring=True)

    assert "one record per line" in str(caught.value)


def test_one_array_over_several_lines_is_taken_for_metrics(tmp_path: Path) -> None:
    """A metrics job reads lines or an array, as the file is (spec 3.1)."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"a": 1}, {"a": 2}], indent=2))

    assert check_input("a.json", path, scoring=False).name == "json"


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    """Each with its own sentence."""
    with pytest.raises(InputError, match="is a folder"):
        check_input("x", tmp_path, scoring=True)
    with pytest.raises(InputError, match="no such file"):
        check_input("y", tmp_path / "y", scoring=True)


@given(st.binary(max_size=200), st.sampled_from(["a.json", "a.csv", "a.txt", "a.avro"]))
def test_no_bytes_break_the_look(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    """Any file is taken or refused in one sentence."""
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(data)

    try:
        taken = check_input(name, path, scoring=True).name
    except InputError as error:
        taken = str(error)

    assert taken


def test_a_long_line_that_is_an_array_is_one_record(tmp_path: Path) -> None:
    """Only an array over several lines is refused, however long a line is (spec 13.6)."""
    (tmp_path / "a.json").write_text(json.dumps([{"a": 1}] * 20000))

    assert check_input("a.json", tmp_path / "a.json", scoring=True).name == "json"
