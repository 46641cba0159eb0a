"""Tell whether a process still runs, and that it is the same one that was recorded.

A process id is used again after its process has ended, so a record of a process is its id and its
start time.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

_TOLERANCE_SECONDS = 1.0


def available_cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def start_time(pid: int) -> float | None:
    """Return when a process started (epoch seconds), None when it has ended; a zombie has ended."""
    with contextlib.suppress(OSError, ValueError, IndexError, StopIteration):
        # psutil does the same, but its import takes longer than the start of a supervisor may.
        return _start_time_on_linux(pid)
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        started: float = process.create_time()
    except psutil.Error:
        return None
    return started


def is_running(pid: int, started: float | None, *, tolerance: float = _TOLERANCE_SECONDS) -> bool:
    """Return whether the process that had this id at its start time still runs.

    ``started`` is what :func:`start_time` returned; None matches any process with the id. The start
    time is computed from the system's clock, which may have been set since: ``tolerance`` is the
    allowed difference in seconds.
    """
    now = start_time(pid)
    return now is not None and (started is None or abs(now - started) < tolerance)


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process still runs; a zombie, which nobody has waited for yet, has ended."""
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def wait_for_program(process: psutil.Process, deadline: float) -> None:
    """Wait while the kernel loads a program into a process, up to a time of the monotonic clock.

    Meanwhile (execve) it has neither arguments nor an environment, and its parent may go on already;
    kernel threads have none either, but no program file. Raises :class:`psutil.Error`.
    """
    while not process.cmdline() and process.exe() and time.monotonic() < deadline:
        time.sleep(0.001)


def _start_time_on_linux(pid: int) -> float | None:
    # proc(5): the name in parentheses may hold blanks; state is field 3, starttime is field 22.
    state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    if state == "Z":
        return None
    lines = Path("/proc/stat").read_text().splitlines()
    booted = next(line for line in lines if line.startswith("btime")).split()[1]
    return float(booted) + int(fields[18]) / os.sysconf("SC_CLK_TCK")
