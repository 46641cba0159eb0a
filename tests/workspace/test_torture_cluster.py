"""The torture of a cluster, for as long as CI has patience; ``make torture`` kills a hundred times."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from .torture_cluster import torture

pytestmark = pytest.mark.slow


def test_a_job_comes_right_whatever_is_killed_of_its_cluster(
    tmp_path: Path, environments: Path
) -> None:
    """Issue 14: workers, nannies, the scheduler and supervisors are killed, workers come and go."""
    seed = int(os.environ.get("MODELOP_TORTURE_SEED") or random.SystemRandom().randrange(10**6))
    print(f"MODELOP_TORTURE_SEED={seed}")

    kills = torture(10, seed, tmp_path, environments, seconds=10, records=4000)

    assert kills.total() >= 1
