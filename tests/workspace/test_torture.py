"""The torture script, for as long as CI has patience; ``make torture`` does it hundreds of times."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from .torture import torture

pytestmark = pytest.mark.slow


def test_a_job_comes_right_whatever_is_killed(tmp_path: Path, environments: Path) -> None:
    """Issue 5: kill -9 of runner, supervisor or both, and cancels, at random moments."""
    seed = int(os.environ.get("MODELOP_TORTURE_SEED") or random.SystemRandom().randrange(10**6))
    print(f"MODELOP_TORTURE_SEED={seed}")

    kills = torture(12, seed, tmp_path, environments)

    assert kills.total() >= 12
