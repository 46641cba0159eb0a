"""The texts for translators."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]


def test_every_text_is_collected_and_every_translation_is_compiled() -> None:
    """All of the sidebar's; no language has a text that nothing says any more."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "catalogue.py", "--check"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )

    assert done.stdout.strip() == ""
    assert done.returncode == 0, done.stderr
