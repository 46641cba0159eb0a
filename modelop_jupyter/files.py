"""Files that appear whole or not at all, and the switch with which tests interrupt that.

Whatever takes a final name does so through :func:`rename`. There, ``MODELOP_FAULT`` can stop a
process as a power cut or a full disk would: ``NAME:COUNT:MOMENT`` acts on the COUNT-th rename onto a
file called NAME in each process that has the variable. MOMENT is ``before`` or ``after`` (the process
is killed there) or ``full`` (the disk has no space left). ``trace:FILE`` stops nothing and appends
the name of each file to FILE, so that a test can go through them all. The runner, which imports
nothing of ours, has the same switch in ``runner/faults.py``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import shutil
import signal
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

FAULT_VARIABLE = "MODELOP_FAULT"
# What lies in the home folder is the user's alone, whatever the umask.
PRIVATE = 0o600
_PIPE_SECONDS = 60.0
_PIPE_BYTES = 4096
_BLOCK = 1 << 20
# The request by which Linux clones a file, ``FICLONE`` of linux/fs.h.
_FICLONE = 0x40049409
_renames: Counter[str] = Counter()


def temporary_name(path: Path, *, owner: str = "") -> Path:
    """Return a free hidden name beside a path, the same length for every path.

    ``owner`` is a job's id, or another word by which leftovers are found again.
    """
    return path.with_name(f".modelop-{owner}{'-' if owner else ''}{uuid4().hex[:12]}.part")


@contextlib.contextmanager
def replacing(
    path: Path, *, mode: int | None = PRIVATE, owner: str = "", durable: bool = True
) -> Iterator[BinaryIO]:
    """Give a file that takes the path's name when the block ends, and is removed when it raises.

    ``mode`` None is for files of the user's: those of the file that is replaced, or what the umask
    allows. A ``durable`` file is on the disk before it has its name. Raises :class:`OSError`.
    """
    part = temporary_name(path, owner=owner)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(part, flags, 0o666 if mode is None else mode)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if mode is None:
            _keep_mode(path, part)
        rename(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


@contextlib.contextmanager
def delivering(path: Path, *, owner: str = "") -> Iterator[BinaryIO]:
    """Give a file for what goes to a path of the user's, which may be anything.

    A regular file is replaced where it really lies, so that a link to it stays one; a pipe that
    somebody reads is written to. Raises :class:`OSError` for a device, a folder, a socket, a link
    that leads nowhere, and a pipe without a reader: nothing ever waits for one, and none of them is
    replaced.
    """
    real = real_target(path)
    if real.exists() and stat.S_ISFIFO(real.stat().st_mode):
        with _pipe(real) as file:
            yield file
        return
    with replacing(real, mode=None, owner=owner) as file:
        yield file


def real_target(path: Path) -> Path:
    """Return where a path of the user's really lies; raises :class:`OSError` where nothing may be written."""
    try:
        real = path.resolve()
        mode = real.stat().st_mode
    except FileNotFoundError:
        if not path.is_symlink():
            return real
        if (pipe := _own_pipe(path)) is not None:
            return pipe
        raise OSError(errno.ENOENT, "it is a link that leads nowhere") from None
    except RuntimeError:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        what = "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise OSError(errno.EINVAL, f"it is {what}, not a file")
    return real


def _own_pipe(path: Path) -> Path | None:
    """Return how other processes find a pipe that this one has open, such as ``/dev/stdout``.

    Its link in ``/proc/PID/fd`` leads to no path, and yet can be opened.
    """
    try:
        if not stat.S_ISFIFO(path.stat().st_mode):
            return None
        while path.is_symlink():
            folder = path.parent.resolve()
            if folder.match("/proc/*/fd"):
                return folder / path.name
            path = path.parent / path.readlink()
    except OSError:
        pass
    return None


@contextlib.contextmanager
def _pipe(path: Path) -> Iterator[BinaryIO]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads from this pipe") from None
        raise
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        yield _PipeWriter(file)  # type: ignore[misc]


class _PipeWriter:
    """Write all to a pipe, however slowly its other end reads, unless that has stopped altogether."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            if not select.select([], [self._file], [], _PIPE_SECONDS)[1]:
                said = f"nobody has read from this pipe for {_PIPE_SECONDS:g} seconds"
                raise TimeoutError(errno.ETIMEDOUT, said)
            with contextlib.suppress(BlockingIOError):
                rest = rest[os.write(self._file.fileno(), rest[:_PIPE_BYTES]) :]
        return len(data)


def write_bytes(
    path: Path, data: bytes, *, mode: int | None = PRIVATE, durable: bool = True
) -> None:
    """Write a file whole or not at all; raises :class:`OSError`."""
    with replacing(path, mode=mode, durable=durable) as file:
        file.write(data)


def write_text(path: Path, text: str, *, mode: int | None = PRIVATE, durable: bool = True) -> None:
    """Write a text in UTF-8 whole or not at all; raises :class:`OSError`."""
    write_bytes(path, text.encode(), mode=mode, durable=durable)


def open_private(path: Path, mode: str) -> BinaryIO:
    """Open a file to be written, ``ab`` or ``wb``, that nobody else may read if it is new."""
    return cast("BinaryIO", open(path, mode, opener=_private))


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can enter, or make one of ours so; raises :class:`OSError`.

    A folder of somebody else's stays as it is, and so does one that is shared by intent, as /tmp is.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name != "posix":
        return
    found = folder.stat()
    is_open = found.st_mode & 0o077
    if is_open and found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX:
        # A home on a read-only disk can still be read.
        with contextlib.suppress(OSError):
            folder.chmod(found.st_mode & 0o700)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)


def rename(source: Path, target: Path) -> None:
    """Give a finished file or folder its name in one step; a file that has the name is replaced."""
    _interrupt(target.name, "before")
    source.replace(target)
    _interrupt(target.name, "after")


def clone(source: BinaryIO, target: BinaryIO) -> bool:
    """Let an empty file share the bytes of another one until either is written to.

    That takes neither time nor room, and what is written to one never reaches the other. False
    where the file system cannot: Linux's Btrfs, XFS and some others can, within one file system.
    """
    try:
        import fcntl

        fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
    except (ImportError, OSError):
        return False
    return True


def copy(source: str, target: str) -> str:
    """Copy a file with its times and mode, as a clone where that can be; for ``shutil.copytree``."""
    with Path(source).open("rb") as reader, Path(target).open("wb") as writer:
        if not clone(reader, writer):
            shutil.copyfileobj(reader, writer, _BLOCK)
    shutil.copystat(source, target)
    return target


def _keep_mode(path: Path, part: Path) -> None:
    with contextlib.suppress(OSError):
        part.chmod(path.stat().st_mode & 0o777)


def _interrupt(name: str, moment: str) -> None:
    fault = os.environ.get(FAULT_VARIABLE)
    if not fault:
        return
    if fault.startswith("trace:"):
        if moment == "before":
            with Path(fault.removeprefix("trace:")).open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
        return
    wanted, count, when = fault.rsplit(":", 2)
    if name != wanted:
        return
    if moment == "before":
        _renames[name] += 1
    if _renames[name] != int(count):
        return
    if when == "full" and moment == "before":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if when == moment:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
