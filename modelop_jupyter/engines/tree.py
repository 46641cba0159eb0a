"""A job's whole family of processes, found by parentage, process group and mark.

A model may start children that leave its group or are adopted by init (jupyter_client#104,
ipykernel#274); the mark in their environment still names the job.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.marks import MARK
from modelop_jupyter.engines.base import Usage

if TYPE_CHECKING:
    import psutil

_GRACE = 0.5
_SLACK = 1.0


def started_at(pid: int) -> float | None:
    """Return when a process began (epoch seconds), None when it is gone."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        # psutil does the same, but takes longer to load than a supervisor has.
        return _began_by_proc(pid)
    import psutil

    try:
        began: float = psutil.Process(pid).create_time()
    except psutil.Error:
        return None
    return began


def _began_by_proc(pid: int) -> float:
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    lines = Path("/proc/stat").read_text().splitlines()
    booted = next(line for line in lines if line.startswith("btime")).split()[1]
    return float(booted) + ticks / os.sysconf("SC_CLK_TCK")


def is_running(pid: int, began: float | None) -> bool:
    """Say whether this very process still runs: numbers are used again, beginnings are not."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return began is None or abs(process.create_time() - began) < _SLACK
    except psutil.Error:
        return False


def wait_for_any(pids: Iterable[int], seconds: float) -> bool:
    """Wait until one of some processes ends, at most so many seconds; False where the system cannot tell us."""
    ends = select.poll() if hasattr(os, "pidfd_open") else None
    if ends is None:
        return False
    descriptors: list[int] = []
    try:
        for pid in pids:
            descriptors.append(os.pidfd_open(pid))
            ends.register(descriptors[-1], select.POLLIN)
        ends.poll(seconds * 1000)
    except OSError:
        return False
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return True


def usage_of(root: int) -> Usage | None:
    """Return what a process and its descendants take; None when it is gone.

    Pages that they share are counted once where the system tells them apart.
    """
    import psutil

    try:
        parent = psutil.Process(root)
        family = [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return None
    memory, cpu = 0, 0.0
    for process in family:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            cpu += times.user + times.system
            memory += _memory(process, is_alone=len(family) == 1)
    return Usage(memory, cpu)


def _memory(process: psutil.Process, *, is_alone: bool) -> int:
    if is_alone:
        return int(process.memory_info().rss)
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


def end_tree(
    mark: str, *, root: int | None = None, grace: float = _GRACE, at_once: bool = False
) -> None:
    """End a process, its group, its descendants and all that carry the mark.

    They are asked first, then killed, unless it is to be ``at_once``.
    """
    import psutil

    family = _family(mark, root)
    for process in family:
        with contextlib.suppress(psutil.Error):
            process.kill() if at_once else process.terminate()
    _, alive = psutil.wait_procs(family, timeout=grace)
    deadline = time.monotonic() + grace
    while alive or (family := _family(mark, root)):
        for process in {*alive, *family}:
            with contextlib.suppress(psutil.Error):
                process.kill()
        _, alive = psutil.wait_procs([*{*alive, *family}], timeout=grace)
        if time.monotonic() > deadline:
            break


def _family(mark: str, root: int | None) -> list[psutil.Process]:
    import psutil

    me = os.getpid()
    found: dict[int, psutil.Process] = {}
    if root is not None:
        with contextlib.suppress(psutil.Error):
            parent = psutil.Process(root)
            for process in [parent, *parent.children(recursive=True)]:
                found[process.pid] = process
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid not in found and _belongs(process.environ().get(MARK), mark):
                found[process.pid] = process
    found.pop(me, None)
    return [process for process in found.values() if _is_alive(process)]


def _belongs(worn: str | None, mark: str) -> bool:
    return worn is not None and (worn == mark or worn.startswith(f"{mark}/"))


def _is_alive(process: psutil.Process) -> bool:
    import psutil

    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def describe_exit(code: int) -> str:
    """Return an exit code or signal in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
