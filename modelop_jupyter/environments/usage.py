"""Which processes run in an environment: asked of the system, so a crash leaves nothing stale."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.marks import MARK, WAITING
from modelop_jupyter.environments.bytecode import SCRIPT

if TYPE_CHECKING:
    import psutil

_PATIENCE_SECONDS = 3.0


def processes_in(path: Path) -> list[int]:
    """Return the ids of processes that use an environment."""
    return users_of([path])[path]


def users_of(paths: Sequence[Path]) -> dict[Path, list[int]]:
    """Return for each environment the processes with something of it in their command line.

    The packages of an isolated kernel's overlay are an argument there. Whoever compiles bytecode in
    the background uses nothing, nor does a process that waits for jobs: it ends when this one is gone.
    """
    inside = {path: str(path) + os.sep for path in paths}
    found: dict[Path, list[int]] = {path: [] for path in paths}
    for process, command in _commands():
        if str(SCRIPT) not in command:
            for path, start in inside.items():
                if any(part.startswith(start) for part in command) and not _waits(process):
                    found[path].append(process.pid)
    return found


def _waits(process: psutil.Process) -> bool:
    import psutil

    try:
        return bool(process.environ().get(MARK) == WAITING)
    except (psutil.Error, OSError):
        return False


def end_compiling(path: Path) -> None:
    """End whoever compiles bytecode there: its work is no reason to keep an environment."""
    import psutil

    theirs = [
        process
        for process, command in _commands()
        if str(SCRIPT) in command and str(path) in command
    ]
    for process in theirs:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(theirs, timeout=_PATIENCE_SECONDS)


def _commands() -> list[tuple[psutil.Process, list[str]]]:
    import psutil

    processes = psutil.process_iter(["cmdline"])
    return [(process, process.info["cmdline"] or []) for process in processes]
