"""Which processes run in an environment: asked of the system, so a crash leaves nothing stale."""

from __future__ import annotations

import os
from pathlib import Path


def processes_in(path: Path) -> list[int]:
    """Return the ids of processes started from an environment's interpreter or scripts."""
    import psutil

    inside = str(path) + os.sep
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        command = process.info["cmdline"] or []
        if any(part.startswith(inside) for part in command[:2]):
            found.append(process.info["pid"])
    return found
