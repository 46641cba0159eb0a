"""Installing the package is all: no file of the user's must be changed for the server to find us."""

from __future__ import annotations

import subprocess
import sys

from tests.waiting import PATIENCE


def test_installing_enables_the_extension() -> None:
    """``pip install`` puts the configuration beside the package's own (issue 6)."""
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "server", "extension", "list"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    output = done.stdout + done.stderr

    assert "modelop_jupyter" in output
    assert "Validating modelop_jupyter" in output
    assert "modelop_jupyter is not" not in output
    assert " X " not in output
