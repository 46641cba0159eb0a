"""How an input is cut for several workers, and which models may not be shared."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from modelop_jupyter.jobs.parts import ranges
from modelop_jupyter.jobs.writing import first_write


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50])
@pytest.mark.parametrize(
    "data",
    [b"", b"1\n", b"1\n2\n3\n", b"1\n2", b"\n\n\n", b"a" * 100 + b"\n1\n", b"1\n" + b"b" * 100],
)
def test_every_line_belongs_to_exactly_one_range(tmp_path: Path, data: bytes, count: int) -> None:
    """Issue 5: by bytes, at record borders."""
    path = tmp_path / "in.json"
    path.write_bytes(data)

    found = ranges(path, count)

    assert b"".join(data[start:end] for start, end in found) == data
    assert len(found) <= count
    assert [end for _, end in found[:-1] if data[end - 1 : end] != b"\n"] == []


def test_ranges_are_of_about_one_size(tmp_path: Path) -> None:
    """Two workers are through at about the same time."""
    path = tmp_path / "in.json"
    path.write_bytes(b'{"x": 1}\n' * 1000)

    assert ranges(path, 2) == [(0, 4509), (4509, 9000)]


@pytest.mark.parametrize(
    "code",
    [
        "open('x', 'a')",
        "open('x', mode='w')",
        "open('x', mode)",
        "Path('x').open('w')",
        "gzip.open('x', 'wb')",
        "frame.to_csv('x')",
        "joblib.dump(model, 'x')",
        "os.remove('x')",
        "sqlite3.connect('x')",
        "Path('x').write_text('')",
    ],
)
def test_a_call_that_may_write_a_file_is_found(code: str) -> None:
    """Issue 5: models that write to shared files run with one worker."""
    found = first_write(ast.parse(f"def score(r):\n    {code}\n"))

    assert found is not None
    assert found[0] == 2


@pytest.mark.parametrize(
    "code",
    [
        "open('x')",
        "open('x', 'rb')",
        "Path('x').open()",
        "gzip.open('x.gz')",
        "items.remove(r)",
        "frame.rename(columns={})",
        "frame.to_csv()",
        "print('open')",
        "json.loads('{}')",
    ],
)
def test_what_only_reads_is_let_through(code: str) -> None:
    """Most models open their assets."""
    assert first_write(ast.parse(f"def score(r):\n    {code}\n")) is None
