"""The folders of tasks in the home of an engine's node: one stays where a worker was killed.

While a task runs, it holds the lock of its folder. A folder that stays serves the next attempt at
its task on the node, which goes on from the checkpoint there.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from modelop_jupyter.environments.cleanup.leftovers import Leftover, size_of

_DAY = 86400.0
_LOCK = ".lock"


def lock_file(folder: Path) -> Path:
    """Return the file whose lock the task of a folder holds."""
    return folder.with_name(f"{folder.name}{_LOCK}")


def leftovers(
    tasks: Path, *, older: float | None = None, quota: int | None = None
) -> Iterator[Leftover]:
    """Yield what killed workers have left: what is a day old, or ``older``, or beyond a quota."""
    limit = time.time() - (_DAY if older is None else min(older, _DAY))
    found: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError):
        for path in tasks.iterdir():
            # A task may end meanwhile.
            with contextlib.suppress(FileNotFoundError):
                found.append((path.lstat().st_mtime, path))
    total = 0
    # From the newest on: the oldest are beyond the quota.
    for changed, path in sorted(found, reverse=True):
        with contextlib.suppress(FileNotFoundError):
            is_lock = path.name.endswith(_LOCK)
            if quota is not None:
                total += size_of(path)
            is_beyond = quota is not None and total > quota and not is_lock
            if (changed < limit or is_beyond) and _is_unlocked(path):
                yield Leftover("lock of a task" if is_lock else "folder of a task", path)


def _is_unlocked(path: Path) -> bool:
    from filelock import FileLock, Timeout

    lock = FileLock(path if path.name.endswith(_LOCK) else lock_file(path), timeout=0)
    try:
        with lock:
            return True
    except (Timeout, OSError):
        return False
