"""Wait for what another process does, however busy the machine is."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

# No test passes or fails by it: it only ends those that would wait for ever.
PATIENCE = 300.0


def wait_until(is_so: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Wait for something to be so; fails where it does not become so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it has not become so"
        time.sleep(0.02)


def remove_folder(folder: Path) -> None:
    """Remove a folder to which other processes may be writing."""

    def is_gone() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    wait_until(is_gone)
