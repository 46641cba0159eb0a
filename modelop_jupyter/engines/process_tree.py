"""Find, measure and end all processes that a job has started.

They are found by parentage, process group and a mark in their environment: a model may start
children that leave its group or are adopted by init (jupyter_client#104, ipykernel#274).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from modelop_jupyter.domain.process_mark import MARK
from modelop_jupyter.engines.gpu import gpu_usage
from modelop_jupyter.engines.process import Usage
from modelop_jupyter.processes import is_alive, wait_for_program

if TYPE_CHECKING:
    import psutil

_GRACE = 0.5
_EXEC_SECONDS = 10.0


def wait_for_any(pids: Iterable[int], seconds: float) -> bool:
    """Wait until one of some processes ends, up to that many seconds.

    Returns False, at once, where the system cannot wait for that (no pidfd).
    """
    poll = select.poll() if hasattr(os, "pidfd_open") else None
    if poll is None:
        return False
    descriptors: list[int] = []
    try:
        for pid in pids:
            descriptors.append(os.pidfd_open(pid))
            poll.register(descriptors[-1], select.POLLIN)
        poll.poll(seconds * 1000)
    except OSError:
        return False
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return True


def usage_of(root: int) -> Usage | None:
    """Return what a process and its descendants take; None when it has ended.

    Shared memory pages are counted once where the system reports them (PSS). CPU time includes that of
    descendants that have ended, where the system reports it.
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
            cpu += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
            memory += _memory(process, is_alone=len(family) == 1)
    return Usage(memory, cpu, gpu_usage({process.pid for process in family}))


def _memory(process: psutil.Process, *, is_alone: bool) -> int:
    if is_alone:
        return int(process.memory_info().rss)
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


def end_tree(
    mark: str, *, root: int | None = None, grace: float = _GRACE, at_once: bool = False
) -> None:
    """End a process, its group, its descendants and every process that carries the mark.

    They get SIGTERM, and after ``grace`` seconds SIGKILL; with ``at_once`` SIGKILL only.
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

    own_pid = os.getpid()
    processes: dict[int, psutil.Process] = {}
    if root is not None:
        with contextlib.suppress(psutil.Error):
            parent = psutil.Process(root)
            for process in [parent, *parent.children(recursive=True)]:
                processes[process.pid] = process
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid not in processes and _belongs(_mark_of(process), mark):
                processes[process.pid] = process
    processes.pop(own_pid, None)
    return [process for process in processes.values() if is_alive(process)]


def _mark_of(process: psutil.Process) -> str | None:
    """Return the mark in a process's environment."""
    environment = process.environ()
    if not environment:
        wait_for_program(process, time.monotonic() + _EXEC_SECONDS)
        environment = process.environ()
    return environment.get(MARK)


def _belongs(value: str | None, mark: str) -> bool:
    return value is not None and (value == mark or value.startswith(f"{mark}/"))


def describe_exit(code: int) -> str:
    """Return an exit code in words; a negative one is a signal."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
