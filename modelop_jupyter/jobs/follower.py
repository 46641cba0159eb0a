"""Who waits for a job and shows its end, such as a cell: nobody else need announce it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from modelop_jupyter.engines import is_running, started_at
from modelop_jupyter.jobs.folder import JobFolder

_NAME = "follower.json"


@contextmanager
def waiting(folder: JobFolder) -> Iterator[None]:
    """Be known to wait for a job; not any more when that is interrupted and the job goes on."""
    pid = os.getpid()
    # On a full disk the end is announced as well as shown.
    with suppress(OSError):
        folder.write(_NAME, {"pid": pid, "began": started_at(pid)})
    try:
        yield
    finally:
        if not (folder.root / "outcome.json").exists():
            (folder.root / _NAME).unlink(missing_ok=True)


def is_awaited(folder: JobFolder) -> bool:
    """Say whether a process waits for a job, or did until it had ended and is still there."""
    follower = folder.read_if_whole(_NAME)
    return follower is not None and is_running(follower["pid"], follower["began"])
