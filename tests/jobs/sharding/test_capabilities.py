"""Which models may not be shared among several workers."""

from __future__ import annotations

import ast

import pytest

from modelop_jupyter.jobs.sharding.capabilities import first_write


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
