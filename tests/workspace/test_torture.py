"""The torture script, for as long as CI has patience; ``make torture`` kills a thousand times."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from .torture import torture

pytestmark = pytest.mark.slow


def test_a_job_comes_right_whatever_is_killed(tmp_path: Path, environments: Path) -> None:
    """Issues 5 and 11: kill -9 and cancels at random moments, and at renames of all processes."""
    seed = int(os.environ.get("MODELOP_TORTURE_SEED") or random.SystemRandom().randrange(10**6))
    print(f"MODELOP_TORTURE_SEED={seed}")

    kills = torture(24, seed, tmp_path, environments, seconds=20)

    assert kills.total() >= 2
