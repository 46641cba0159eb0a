"""Remove a job's folder in steps that a kill can interrupt at any point.

First the folder is moved to ``.removed/``, then the job's row is deleted, then the folder. What a
kill leaves is a hidden folder named after the job, whose removal the next cleanup finishes. In the
other order, a folder without a row would look like a job that was never recorded.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.environments.cleanup.leftovers import Leftover
from modelop_jupyter.errors import ConflictError, HomeError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.storage import is_address

# How long a process waits for another one that removes jobs.
LOCK_SECONDS = 10.0
_HIDDEN = ".removed"
_LOCK = "jobs.lock"


@contextmanager
def removal_lock(home: Path, *, timeout: float | None = None) -> Iterator[None]:
    """Hold the lock for removing jobs of a home.

    Raises :class:`ConflictError` if another process holds it, :class:`HomeError` if it cannot be
    written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(home / _LOCK, timeout=LOCK_SECONDS if timeout is None else timeout)
    try:
        lock.acquire()
    except Timeout:
        raise ConflictError("jobs are being removed already", "Try again later") from None
    except OSError as error:
        raise HomeError(str(home), error.strerror or str(error)) from None
    try:
        yield
    finally:
        lock.release()


def hide(folder: Path) -> Path | None:
    """Move a job's folder out of sight in one step; return its new path, None if it is gone."""
    hidden = folder.parent / _HIDDEN / folder.name
    hidden.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        files.rename(folder, hidden)
    except FileNotFoundError:
        return None
    return hidden


def unhide(hidden: Path) -> None:
    """Move a hidden folder back."""
    files.rename(hidden, hidden.parent.parent / hidden.name)


def hidden_folders(jobs: Path) -> list[Path]:
    """Return the hidden folders of interrupted removals, named by their jobs' ids."""
    try:
        return sorted((jobs / _HIDDEN).iterdir())
    except OSError:
        return []


def delete(path: Path) -> None:
    """Delete a file, folder or link, never the target of a link."""
    try:
        is_folder = stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if not is_folder:
        with suppress(OSError):
            path.unlink()
        return
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        _make_writable(path)
        shutil.rmtree(path, ignore_errors=True)


def size_of(path: Path) -> int:
    """Return the bytes below a path; a file with several links counts once."""
    seen: set[tuple[int, int]] = set()
    total, pending = 0, [os.fspath(path)]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                    continue
                state = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if state.st_nlink > 1 and (state.st_dev, state.st_ino) in seen:
                continue
            seen.add((state.st_dev, state.st_ino))
            total += state.st_size
    return total


def _make_writable(path: Path) -> None:
    """Make folders writable: a model may have removed that permission."""
    with suppress(OSError):
        path.chmod(0o700)
        for entry in os.scandir(path):
            if entry.is_dir(follow_symlinks=False):
                _make_writable(Path(entry.path))


_PART = re.compile(r"\.modelop-(?:[0-9a-f]{8}-)?[0-9a-f]{12}\.part")
_MERGED_WORKERS = "workers.done"


def leftovers_in(folder: JobFolder) -> Iterator[Leftover]:
    """Yield temporary files and merged workers' folders in the folder of an ended job."""
    if (folder.root / _MERGED_WORKERS).exists():
        yield Leftover("workers' folders", folder.root / _MERGED_WORKERS)
    for path in _children(folder.root):
        if _PART.fullmatch(path.name) and _is_file(path):
            yield Leftover("unfinished file", path)


def leftovers_beside_output(plan: Plan) -> Iterator[Leftover]:
    """Yield temporary files beside the user's path of a job's output, not the output."""
    prefix = f".modelop-{plan.id[:8]}-"
    targets = [
        output.target
        for output in (plan.output, *plan.other_outputs)
        if output.target and not is_address(output.target)
    ]
    folders = dict.fromkeys(Path(target).parent for target in targets)
    for path in (path for folder in folders for path in _children(folder)):
        if path.name.startswith(prefix) and _PART.fullmatch(path.name) and _is_file(path):
            yield Leftover("unfinished output", path)


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_file(path: Path) -> bool:
    """Return whether a path is a regular file, and no link."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
