"""The notebook of two models that cannot live together does what it says."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest

from .conftest import Run, executed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once."""
    with executed("environments", tmp_path_factory) as run:
        yield run


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("version-here", f"here: {version('packaging')}"),
        ("batch-lenient", "3 in, 3 scored, 3 out"),
        ("batch-strict", "InvalidVersion: Invalid version: '2021-final'"),
        ("read-answers", "['1.10', '2.0', '1.0'] 21.3"),
        ("read-answers", "['1.10', '2.0'] 24.2"),
        ("list-environments", "lenient"),
        ("prove", "exact"),
        ("check", "good"),
        ("run-lenient", "in lenient's kernel: 21.3"),
        ("run-strict", "in strict's kernel: 24.2"),
        ("load-model", "InvalidVersion Invalid version: '2021-final'"),
        ("stop-kernels", "Stopped the kernel of strict"),
    ],
)
def test_each_model_has_its_own_version(run: Run, cell: str, said: str) -> None:
    """In its jobs, its proof and its kernel; and the notebook has another."""
    assert said in run.outputs(cell)


def test_exported_it_still_shows_every_result(run: Run) -> None:
    """As HTML that needs no kernel."""
    assert "'s kernel: 21.3" in run.page
