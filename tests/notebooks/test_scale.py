"""The tour of engines says what is true, on a cluster that is made for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from .conftest import Run, executed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once."""
    with executed("scale", tmp_path_factory) as run:
        yield run


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("try", "spread over the input"),
        ("try", "yes, 2 nodes"),
        ("try", "--engine dask"),
        ("here", "60,000 in, 59,990 scored, 10 failed"),
        ("cluster", "60,000 in, 59,990 scored, 10 failed"),
        ("compare", "equal: True"),
        ("stop", "CANCELLED"),
        ("go-on", "resumes job"),
        ("go-on", "equal: True"),
    ],
)
def test_cells_say_what_was_done(run: Run, cell: str, said: str) -> None:
    """Issue 14: as the text beside them promises."""
    assert said in run.outputs(cell)


def test_both_outputs_are_there(run: Run) -> None:
    """Issue 14: the same bytes from both engines."""
    here, cluster = ((run.folder / f"{name}.json").read_bytes() for name in ("here", "cluster"))

    assert hashlib.sha256(here).digest() == hashlib.sha256(cluster).digest()
    assert here.count(b"\n") == 59_990
