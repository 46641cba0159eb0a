"""Which process is in charge of a job: the one that holds the lock on a file of its folder.

The process that submits a job takes the lock before the job is recorded, and hands it over to the
supervisor that it starts, so that it is held without a gap. The operating system releases it when
the supervisor ends, for whatever reason, and no process takes it again. Where there are no such
locks (Windows, some network disks), the process that ``supervisor.json`` names must run.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter import files
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.start import SupervisorProcess

if TYPE_CHECKING:
    from datetime import datetime

if sys.platform != "win32":
    import fcntl

VARIABLE = "MODELOP_SUPERVISOR_LOCK"
_LOCK = "supervisor.lock"
_END_LOCK = "end.lock"
# How long a supervisor may take to announce itself where there are no locks.
_START_SECONDS = 10.0
_PATIENCE_SECONDS = 2.0
_POLL_SECONDS = 0.02
_held: list[int] = []


@contextlib.contextmanager
def handed_over(folder: JobFolder) -> Iterator[Mapping[str, int]]:
    """Hold the lock of a job; yields the descriptors for the supervisor that is started meanwhile."""
    descriptor = _locked(folder.root / _LOCK)
    try:
        yield {} if descriptor is None else {VARIABLE: descriptor}
    finally:
        if descriptor is not None:
            os.close(descriptor)


def announce(folder: JobFolder) -> None:
    """Write that this process is the job's supervisor, and hold the lock until it ends."""
    from modelop_jupyter.processes import start_time

    pid = os.getpid()
    # The lock decides: no small job waits for the disk here.
    folder.write(SupervisorProcess(pid, start_time(pid)), durable=False)
    inherited = os.environ.pop(VARIABLE, None)
    if sys.platform == "win32" or inherited is None:
        return
    # A lock of our own: another child of the submitter may have kept the one that was handed over.
    # A look between the two finds the process running.
    own = os.open(folder.root / _LOCK, os.O_RDWR)
    fcntl.flock(int(inherited), fcntl.LOCK_UN)
    fcntl.flock(own, fcntl.LOCK_EX)
    os.close(int(inherited))
    _held.append(own)


def is_locked(folder: JobFolder) -> bool | None:
    """Say whether a process holds the lock; None where locks cannot be used."""
    if sys.platform == "win32":
        return None
    try:
        descriptor = os.open(folder.root / _LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        # Shared, so that two processes that only look do not find each other's lock.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return False


def is_in_charge(folder: JobFolder) -> bool:
    """Say whether a process is known to be in charge of a job."""
    return bool(is_locked(folder)) or is_announced_running(folder)


def is_supervised(folder: JobFolder, created: datetime) -> bool:
    """Say whether a process is in charge of a job, or may be as it was started just now."""
    locked = is_locked(folder)
    # Also without the lock, as in a copy of a home whose job still runs in the first one.
    if locked or is_announced_running(folder):
        return True
    is_new = time.time() - created.timestamp() < _START_SECONDS
    return locked is None and is_new and not folder.has(SupervisorProcess)


def is_announced_running(folder: JobFolder) -> bool:
    """Say whether the process that has announced itself as the job's supervisor runs."""
    from modelop_jupyter.processes import is_running

    process = folder.read_if_whole(SupervisorProcess)
    return process is not None and is_running(process.pid, process.began)


def supervisor_of(folder: JobFolder) -> int | None:
    """Return the supervisor's process id, None where it has not announced itself."""
    process = folder.read_if_whole(SupervisorProcess)
    return None if process is None else process.pid


@contextlib.contextmanager
def lock_end(folder: JobFolder) -> Iterator[bool]:
    """Hold the lock for writing a job's end; yields False where another process keeps it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        descriptor = os.open(folder.root / _END_LOCK, os.O_RDWR | os.O_CREAT, files.PRIVATE)
    except OSError:
        # In a folder that is gone or cannot be written, no end is written twice.
        yield True
        return
    try:
        yield _wait_for(descriptor, deadline)
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, deadline: float) -> bool:
    while sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
            continue
        except OSError:
            return True
        return True
    return True


def _locked(path: Path) -> int | None:
    if sys.platform == "win32":
        return None
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, files.PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        # The disk has no locks; a file that cannot be locked would mean that no process is in charge.
        os.close(descriptor)
        path.unlink()
        return None
    return descriptor
