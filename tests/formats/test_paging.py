"""Pages of records out of long files: the same records as reading all of them, quickly."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from modelop_jupyter.formats import format_for, read_page

MANY = 2_500


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """JSON lines with a blank line in between and no line end behind the last."""
    path = tmp_path / "out.json"
    rows = [json.dumps({"i": number, "s": "ä\u2028" * (number % 7)}) for number in range(MANY)]
    rows.insert(1200, "  ")
    path.write_bytes("\n".join(rows).encode())
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """CSV with cells that hold quotes and line ends, in the header too."""
    path = tmp_path / "out.csv"
    cells = [f'{number},"a ""b""\r\n{"c" * (number % 5)}\n"\r\n' for number in range(MANY)]
    path.write_bytes(b'\xef\xbb\xbfi,"te\nxt"\r\n' + "".join(cells).encode() + b"\r\n7,last")
    return path


PAGES = [(0, 3), (999, 3), (1199, 5), (2000, 1000), (2499, 10), (2500, 10), (9999, 1)]


@pytest.mark.parametrize(("offset", "limit"), PAGES)
def test_a_page_of_json_lines_is_a_slice_of_all(lines: Path, offset: int, limit: int) -> None:
    """Blank lines do not count (spec 13.6)."""
    everything = list(format_for("out.json").read(lines))

    assert read_page(lines, offset, limit) == (everything[offset : offset + limit], MANY)


@pytest.mark.parametrize(("offset", "limit"), PAGES)
def test_a_page_of_csv_is_a_slice_of_all(rows: Path, offset: int, limit: int) -> None:
    """A row ends where its quotes have all been closed."""
    everything = list(format_for("out.csv").read(rows))

    assert read_page(rows, offset, limit) == (everything[offset : offset + limit], MANY + 1)


def test_a_file_that_grows_is_read_on(tmp_path: Path) -> None:
    """A line that is being written counts when it is complete."""
    path = tmp_path / "errors.jsonl"
    path.write_text('{"i": 0}\n{"i":')
    first = read_page(path, 0, 10, is_growing=True)
    with path.open("a") as file:
        file.write(' 1}\n{"i": 2}\n')
    second = read_page(path, 1, 10, is_growing=True)

    assert first == ([{"i": 0}], 1)
    assert second == ([{"i": 1}, {"i": 2}], 3)


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    """Nothing is remembered of what a name stood for before."""
    path = tmp_path / "out.json"
    path.write_text('{"i": 0}\n' * 3)
    read_page(path, 0, 1)
    path.write_text('{"j": 1}\n' * 4)

    assert read_page(path, 0, 10) == ([{"j": 1}] * 4, 4)


def test_a_packed_file_is_read_from_its_start(tmp_path: Path) -> None:
    """How many records it holds is not known without reading all of it."""
    path = tmp_path / "out.json.gz"
    path.write_bytes(gzip.compress(b"1\n2\n3\n"))

    assert read_page(path, 1, 1) == ([2], None)


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    """A batch job whose records all failed leaves such a file."""
    path = tmp_path / "out.csv"
    path.touch()

    assert read_page(path, 0, 10) == ([], 0)
