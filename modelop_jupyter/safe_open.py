"""Open files that the user named without blocking and without leaving a folder through links.

A pipe, a device or a file of /proc or /sys is refused, or copied with limits in bytes and in time
(:func:`spool`). A file that must lie below a folder is opened folder by folder with ``openat``
(:func:`open_below`), so that no link that is made between a check and its use leads out.
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
# Files there have the size 0 before they are read, or no end.
_KERNEL_FOLDERS = ("/proc", "/sys", "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/fs/cgroup")
_BLOCK = 1 << 20
_STEP_SECONDS = 0.5
MOST_BYTES = 20_000_000_000
MOST_SECONDS = 300.0


class IrregularFileError(OSError):
    """A path that is no regular file; ``what`` names its kind, such as ``a pipe``."""

    def __init__(self, what: str) -> None:
        super().__init__(errno.EINVAL, f"it is {what}, not a regular file")
        self.what = what


class LinkError(OSError):
    """A path whose links lead out of the folder that it must lie in."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ELOOP, f"it leads out of its folder: {path}")


def open_regular(path: str | Path) -> BinaryIO:
    """Open a regular file for reading, without blocking.

    Raises :class:`IrregularFileError` for anything else, :class:`IsADirectoryError` for a folder,
    and :class:`OSError`.
    """
    return _regular(os.open(path, _READ))


def open_below(root: Path, path: Path) -> BinaryIO:
    """Open a regular file that lies below a folder; links that stay within it are followed.

    Raises :class:`LinkError` for a file elsewhere, and what :func:`open_regular` raises.
    """
    top, below = resolve_below(root, path)
    return _regular(_descend(top, below, _READ))


def resolve_below(root: Path, path: Path) -> tuple[Path, PurePath]:
    """Return a folder and the path of a file relative to it, both with links resolved."""
    try:
        top = root.resolve()
        return top, path.resolve().relative_to(top)
    except (RuntimeError, ValueError):
        # A loop of links, or one that leads out.
        raise LinkError(str(path)) from None


@contextlib.contextmanager
def target_below(root: Path, path: Path) -> Iterator[Path]:
    """Yield a path for writing a file below a folder that links made meanwhile cannot redirect.

    Raises :class:`LinkError` for a file elsewhere, and :class:`IrregularFileError` where there is
    something that is no regular file.
    """
    top, below = resolve_below(root, path)
    if not _HAS_FOLDERS or not Path("/proc/self/fd").is_dir():
        yield top / below
        return
    folder = _descend(top, below.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(FileNotFoundError):
            what = describe_kind(os.stat(below.name, dir_fd=folder, follow_symlinks=False))
            if what is not None:
                raise IrregularFileError(what)
        yield Path(f"/proc/self/fd/{folder}") / below.name
    finally:
        os.close(folder)


def describe_kind(status: os.stat_result) -> str | None:
    """Return the kind of a file in words, such as ``a pipe``; None for a regular file."""
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    for is_kind, name in kinds:
        if is_kind(status.st_mode):
            return name
    return "a file of /proc or /sys" if status.st_dev in _kernel_devices() else None


def spool(
    path: Path, target: Path, *, most: int = MOST_BYTES, seconds: float = MOST_SECONDS
) -> None:
    """Copy what can be read only once, such as a pipe, to a new file; Ctrl-C interrupts it.

    Raises :class:`TimeoutError` when no bytes come for that many seconds, and :class:`OSError` for
    more bytes than ``most`` and for kinds of files that cannot be copied.
    """
    descriptor = os.open(path, _READ)
    try:
        what = describe_kind(os.fstat(descriptor))
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
    """Wait up to half a second until a read would return bytes or the end of the file."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(_STEP_SECONDS * 1000))
    return True


def _regular(descriptor: int) -> BinaryIO:
    try:
        what = describe_kind(os.fstat(descriptor))
        if what == "a folder":
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if what is not None:
            raise IrregularFileError(what)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _descend(top: Path, below: PurePath, flags: int) -> int:
    """Open a resolved path below a folder; raises :class:`LinkError` if a part of it is a link."""
    if not _HAS_FOLDERS:
        return os.open(top / below, flags)
    *folders, name = below.parts or (".",)
    current = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=current)
            os.close(current)
            current = inner
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=current)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise LinkError(str(below)) from None
        raise
    finally:
        os.close(current)


def _kernel_devices() -> frozenset[int]:
    devices = set()
    for folder in _KERNEL_FOLDERS:
        with contextlib.suppress(OSError):
            devices.add(Path(folder).stat().st_dev)
    return frozenset(devices)
