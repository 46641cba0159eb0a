"""The memory that a job took."""

from __future__ import annotations

import sys

import pytest

from .harness import Stage


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts that of the parent")
def test_memory_is_that_of_the_runner_alone(stage: Stage) -> None:
    """Not what the process that started it has taken."""
    ballast = b"x" * 300_000_000
    ran = stage("def score(record):\n    yield 1\n", "{}\n")

    assert 0 < ran.result["memory"] < len(ballast) / 2
