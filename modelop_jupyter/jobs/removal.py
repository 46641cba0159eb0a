"""Taking a job's folder away, in steps between which a kill leaves nothing wrong.

The folder gets the name of a grave first, then the row goes, then the files. What a kill leaves of
that is a grave, whose name says which job it was: whoever clears next goes on with it. The other way
round, a folder without a row would look like a job that was never recorded.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.errors import ConflictError, HomeError

_GRAVES = ".removed"
_GUARD = "jobs.lock"


@contextmanager
def clearing(home: Path, *, timeout: float = 10.0) -> Iterator[None]:
    """Let nobody else remove jobs meanwhile; raises :class:`ConflictError` where somebody does.

    Raises :class:`HomeError` where nothing can be written.
    """
    from filelock import FileLock, Timeout

    guard = FileLock(home / _GUARD, timeout=timeout)
    try:
        guard.acquire()
    except Timeout:
        raise ConflictError("jobs are being removed already", "Try again later") from None
    except OSError as error:
        raise HomeError(str(home), error.strerror or str(error)) from None
    try:
        yield
    finally:
        guard.release()


def bury(folder: Path) -> Path | None:
    """Take a job's folder out of sight in one step; None where there is none."""
    grave = folder.parent / _GRAVES / folder.name
    grave.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        files.rename(folder, grave)
    except FileNotFoundError:
        return None
    return grave


def unbury(grave: Path) -> None:
    """Give a folder its place back."""
    files.rename(grave, grave.parent.parent / grave.name)


def graves(jobs: Path) -> list[Path]:
    """Return what removals that were killed have left, under the names of the jobs."""
    try:
        return sorted((jobs / _GRAVES).iterdir())
    except OSError:
        return []


def delete(path: Path) -> None:
    """Delete a file, a folder or a link, never what a link leads to."""
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
        _unlock(path)
        shutil.rmtree(path, ignore_errors=True)


def size_of(path: Path) -> int:
    """Return the bytes below a path, those of a file with two names counted once."""
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


def _unlock(path: Path) -> None:
    """Make folders writable again: a model may have made some that nothing can be taken out of."""
    with suppress(OSError):
        path.chmod(0o700)
        for entry in os.scandir(path):
            if entry.is_dir(follow_symlinks=False):
                _unlock(Path(entry.path))
