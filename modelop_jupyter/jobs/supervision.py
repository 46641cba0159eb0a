"""Who is in charge of a job: whoever holds the lock on a file of its folder.

The process that submits a job takes the lock before anybody can know of the job, and hands it over
to the supervisor that it starts: there is no moment at which nobody holds it. The system lets go of
it when the supervisor ends, however it does. Once nobody holds it, nobody ever will again. Where
there are no such locks (Windows, some network disks), the process that ``supervisor.json`` names
must run.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter import files
from modelop_jupyter.jobs.folder import JobFolder

if TYPE_CHECKING:
    from datetime import datetime

if sys.platform != "win32":
    import fcntl

VARIABLE = "MODELOP_SUPERVISOR_LOCK"
_LOCK = "supervisor.lock"
_END_LOCK = "end.lock"
_ANNOUNCEMENT = "supervisor.json"
# How long a supervisor may take to announce itself where there are no locks.
_START_SECONDS = 10.0
_PATIENCE_SECONDS = 2.0
_POLL_SECONDS = 0.02
_held: list[int] = []


@contextlib.contextmanager
def handed_over(folder: JobFolder) -> Iterator[Mapping[str, int]]:
    """Be in charge of a job; gives the descriptors for the supervisor that is started meanwhile."""
    descriptor = _locked(folder.root / _LOCK)
    try:
        yield {} if descriptor is None else {VARIABLE: descriptor}
    finally:
        if descriptor is not None:
            os.close(descriptor)


def announce(folder: JobFolder) -> None:
    """Say that this process is the job's supervisor, and be in charge until it ends."""
    from modelop_jupyter.engines import started_at

    pid = os.getpid()
    said = json.dumps({"pid": pid, "began": started_at(pid)})
    # The lock is what counts: no small job waits for the disk here.
    files.write_text(folder.root / _ANNOUNCEMENT, said, durable=False)
    given = os.environ.pop(VARIABLE, None)
    if sys.platform == "win32" or given is None:
        return
    # A lock of our own: another child of the submitter may have kept the one that was handed over.
    # Whoever looks between the two finds the process running.
    own = os.open(folder.root / _LOCK, os.O_RDWR)
    fcntl.flock(int(given), fcntl.LOCK_UN)
    fcntl.flock(own, fcntl.LOCK_EX)
    os.close(int(given))
    _held.append(own)


def is_locked(folder: JobFolder) -> bool | None:
    """Say whether somebody holds the lock; None where there is none to tell."""
    if sys.platform == "win32":
        return None
    try:
        descriptor = os.open(folder.root / _LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        # Shared, so that those who only look do not see one another.
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
    """Say whether somebody is in charge of a job."""
    locked = is_locked(folder)
    # Also without the lock, as in a copy of a home whose job still runs in the first one.
    if locked or is_announced_running(folder):
        return True
    is_new = time.time() - created.timestamp() < _START_SECONDS
    return locked is None and is_new and not (folder.root / _ANNOUNCEMENT).exists()


def is_announced_running(folder: JobFolder) -> bool:
    """Say whether the process that has announced itself as the job's supervisor runs."""
    from modelop_jupyter.engines import is_running

    announced = _announced(folder)
    return announced is not None and is_running(*announced)


def supervisor_of(folder: JobFolder) -> int | None:
    """Return the number of the supervisor's process, None where it has not told it."""
    announced = _announced(folder)
    return None if announced is None else announced[0]


def _announced(folder: JobFolder) -> tuple[int, float | None] | None:
    """Return number and beginning of the process, None where they are not there or damaged."""
    announced = folder.read_if_whole(_ANNOUNCEMENT)
    return None if announced is None else (announced["pid"], announced["began"])


@contextlib.contextmanager
def ending(folder: JobFolder) -> Iterator[bool]:
    """Be the only one who ends a job; False when somebody else still does after a while."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        descriptor = os.open(folder.root / _END_LOCK, os.O_RDWR | os.O_CREAT, files.PRIVATE)
    except OSError:
        # A folder that is gone or cannot be written is nobody's to end twice.
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
        # The disk knows no locks; a file that nobody can lock would say that nobody is in charge.
        os.close(descriptor)
        path.unlink()
        return None
    return descriptor
