"""Opening what a user names, which may be anything: a pipe nobody writes to, a device, a link.

Every file of a user's is opened here for reading. Nothing waits: a pipe, a device or a file of the
kernel's is refused, or copied with a limit in bytes and in time (:func:`spool`). What must lie below
a folder is opened from descriptor to descriptor (:func:`open_below`), so that no link that is put
there between a check and its use leads out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import time
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import BinaryIO

_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_READ = os.O_RDONLY | _NO_WAIT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_HAS_FOLDERS = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
# Files there have no size before they are read, or no end.
_KERNEL_FOLDERS = ("/proc", "/sys", "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/fs/cgroup")
_BLOCK = 1 << 20
_STEP_SECONDS = 0.5
MOST_BYTES = 20_000_000_000
MOST_SECONDS = 300.0


class IrregularFileError(OSError):
    """Something that is no regular file; ``what`` says what it is."""

    def __init__(self, what: str) -> None:
        super().__init__(errno.EINVAL, f"it is {what}, not a regular file")
        self.what = what


class LinkError(OSError):
    """A path that leads out of the folder that it must lie in."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ELOOP, f"it leads out of its folder: {path}")


def open_regular(path: str | Path) -> BinaryIO:
    """Open a regular file for reading, without ever waiting.

    Raises :class:`IrregularFileError` for anything else, :class:`IsADirectoryError` for a folder,
    and :class:`OSError`.
    """
    return _regular(os.open(path, _READ))


def open_below(root: Path, path: Path) -> BinaryIO:
    """Open a regular file that lies below a folder, wherever links within that folder lead.

    Raises :class:`LinkError` for one that lies elsewhere, and what :func:`open_regular` does.
    """
    top, found = real_below(root, path)
    return _regular(_descend(top, found, _READ))


def real_below(root: Path, path: Path) -> tuple[Path, PurePath]:
    """Return a folder with no link in its path, and the path below it of a file, with none either."""
    try:
        top, found = root.resolve(), path.resolve()
        return top, found.relative_to(top)
    except (RuntimeError, ValueError):
        # A circle of links, or one that leads out.
        raise LinkError(str(path)) from None


@contextlib.contextmanager
def target_below(root: Path, path: Path) -> Iterator[Path]:
    """Give a path by which a file below a folder can be replaced, whatever links are made meanwhile.

    Raises :class:`LinkError` for one that lies elsewhere, and :class:`IrregularFileError` for what
    is no regular file.
    """
    top, below = real_below(root, path)
    if not _HAS_FOLDERS or not Path("/proc/self/fd").is_dir():
        yield top / below
        return
    folder = _descend(top, below.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(FileNotFoundError):
            what = what_is(os.stat(below.name, dir_fd=folder, follow_symlinks=False))
            if what is not None:
                raise IrregularFileError(what)
        yield Path(f"/proc/self/fd/{folder}") / below.name
    finally:
        os.close(folder)


def what_is(status: os.stat_result) -> str | None:
    """Say what kind of file it is, None for a regular one."""
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    for is_one, what in kinds:
        if is_one(status.st_mode):
            return what
    return "a file of the kernel's" if status.st_dev in _kernel_devices() else None


def spool(
    path: Path, target: Path, *, most: int = MOST_BYTES, seconds: float = MOST_SECONDS
) -> None:
    """Copy what can be read only once, such as a pipe, to a file; Ctrl-C ends it at once.

    Raises :class:`TimeoutError` when nothing comes for so many seconds, and :class:`OSError` for
    more bytes than ``most``, and for what cannot be read like that.
    """
    descriptor = os.open(path, _READ)
    try:
        what = what_is(os.fstat(descriptor))
        is_terminal = os.isatty(descriptor)
        if what in ("a folder", "a socket") or (what == "a device" and not is_terminal):
            raise IrregularFileError(what or "")
        with target.open("xb") as file:
            _copy(descriptor, file, most, seconds)
    except BaseException:
        with contextlib.suppress(OSError):
            target.unlink()
        raise
    finally:
        os.close(descriptor)


def _copy(descriptor: int, target: BinaryIO, most: int, seconds: float) -> None:
    size, last = 0, time.monotonic()
    while True:
        if not _is_ready(descriptor):
            if time.monotonic() - last > seconds:
                raise TimeoutError(errno.ETIMEDOUT, f"nothing came from it for {seconds:g} seconds")
            continue
        try:
            data = os.read(descriptor, _BLOCK)
        except BlockingIOError:
            if time.monotonic() - last > seconds:
                raise TimeoutError(
                    errno.ETIMEDOUT, f"nothing came from it for {seconds:g} seconds"
                ) from None
            time.sleep(_STEP_SECONDS / 10)
            continue
        if not data:
            return
        size, last = size + len(data), time.monotonic()
        if size > most:
            raise OSError(errno.EFBIG, f"more than {most:,} bytes came from it")
        target.write(data)


def _is_ready(descriptor: int) -> bool:
    """Wait a moment for something to read, or for the end of a pipe that somebody has opened."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(_STEP_SECONDS * 1000))
    return True


def _regular(descriptor: int) -> BinaryIO:
    try:
        what = what_is(os.fstat(descriptor))
        if what == "a folder":
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if what is not None:
            raise IrregularFileError(what)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _descend(top: Path, below: PurePath, flags: int) -> int:
    """Open a path below a folder, no part of which may be a link by now."""
    if not _HAS_FOLDERS:
        return os.open(top / below, flags)
    *folders, name = below.parts or (".",)
    place = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
            os.close(place)
            place = inner
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=place)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise LinkError(str(below)) from None
        raise
    finally:
        os.close(place)


def _kernel_devices() -> frozenset[int]:
    found = set()
    for folder in _KERNEL_FOLDERS:
        with contextlib.suppress(OSError):
            found.add(Path(folder).stat().st_dev)
    return frozenset(found)
