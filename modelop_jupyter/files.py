"""Write files atomically, keep them private, and simulate a crash or a full disk for tests.

Everything that takes its final name does so through :func:`rename`. There, ``MODELOP_FAULT`` can
stop a process as a power cut or a full disk would: ``NAME:COUNT:MOMENT`` acts on the COUNT-th rename
onto a file called NAME in each process that has the variable. MOMENT is ``before`` or ``after`` (the
process is killed there) or ``full`` (the disk has no space left). ``trace:FILE`` stops nothing and appends
the name of each file to FILE, so that a test can try each of them. The runner, which imports
nothing of this package, has the same switch in ``runner/files.py``.
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
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    import hashlib

FAULT_VARIABLE = "MODELOP_FAULT"
# Files of the home folder are readable by their owner only, whatever the umask.
PRIVATE = 0o600
_PIPE_SECONDS = 60.0
_PIPE_BYTES = 4096
_BLOCK = 1 << 20
# The request by which Linux clones a file, ``FICLONE`` of linux/fs.h.
_FICLONE = 0x40049409
_renames: Counter[str] = Counter()


def temporary_name(path: Path, *, owner: str = "") -> Path:
    """Return an unused hidden name in a path's folder, of the same length for every path.

    ``owner`` is a job's id, or another word by which files left by a killed process are found.
    """
    return path.with_name(f".modelop-{owner}{'-' if owner else ''}{os.urandom(6).hex()}.part")


@contextlib.contextmanager
def replace_file(
    path: Path, *, mode: int | None = PRIVATE, owner: str = "", durable: bool = True
) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces ``path`` when the block ends.

    It is removed when the block raises. ``mode`` None is for the user's files: the mode of the file
    that is replaced, else what the umask allows. ``durable`` syncs it to the disk before it is
    renamed. Raises :class:`OSError`.
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
def new_folder(path: Path) -> Iterator[Path]:
    """Make a temporary folder that is renamed to ``path`` when the block ends.

    It is removed when the block raises. Raises :class:`OSError`, also where ``path`` exists.
    """
    part = temporary_name(path)
    part.mkdir(mode=0o700)
    try:
        yield part
        rename(part, path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def remove_empty_folders(path: Path, *, below: Path) -> None:
    """Remove an empty folder and its parents that are empty then, but not ``below`` itself."""
    with contextlib.suppress(OSError):
        while path != below:
            path.rmdir()
            path = path.parent


@contextlib.contextmanager
def write_to_user_path(path: Path, *, owner: str = "") -> Iterator[BinaryIO]:
    """Open a file for output at a path that the user named, of whatever kind that is.

    A regular file is replaced at the end of its symbolic links, so that a link stays a link; a
    named pipe that has a reader is written to. Raises :class:`OSError`, without waiting, for a device, a
    folder, a socket, a broken link, and a pipe without a reader.
    """
    real = real_target(path)
    if real.exists() and stat.S_ISFIFO(real.stat().st_mode):
        with _pipe(real) as file:
            yield file
        return
    with replace_file(real, mode=None, owner=owner) as file:
        yield file


def real_target(path: Path) -> Path:
    """Return a path with its links resolved; raises :class:`OSError` for what may not be written."""
    try:
        real = path.resolve()
        mode = real.stat().st_mode
    except FileNotFoundError:
        if not path.is_symlink():
            return real
        if (pipe := _own_pipe(path)) is not None:
            return pipe
        raise OSError(errno.ENOENT, "it is a broken link") from None
    except RuntimeError:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        what = "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise OSError(errno.EINVAL, f"it is {what}, not a file")
    return real


def _own_pipe(path: Path) -> Path | None:
    """Return the ``/proc/PID/fd`` path of a pipe that this process has open (``/dev/stdout``).

    That link resolves to no path, and yet can be opened, by other processes too.
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
    """Writes to a pipe; raises :class:`TimeoutError` when its reader has stopped reading."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            if not select.select([], [self._file], [], _PIPE_SECONDS)[1]:
                message = f"nobody has read from this pipe for {_PIPE_SECONDS:g} seconds"
                raise TimeoutError(errno.ETIMEDOUT, message)
            with contextlib.suppress(BlockingIOError):
                rest = rest[os.write(self._file.fileno(), rest[:_PIPE_BYTES]) :]
        return len(data)


def write_bytes(
    path: Path, data: bytes, *, mode: int | None = PRIVATE, durable: bool = True
) -> None:
    """Replace a file atomically; raises :class:`OSError`."""
    with replace_file(path, mode=mode, durable=durable) as file:
        file.write(data)


def write_text(path: Path, text: str, *, mode: int | None = PRIVATE, durable: bool = True) -> None:
    """Replace a text file atomically, in UTF-8; raises :class:`OSError`."""
    write_bytes(path, text.encode(), mode=mode, durable=durable)


def open_private(path: Path, mode: str) -> BinaryIO:
    """Open a file for writing (``ab``, ``wb`` or ``xb``); a new one has the mode 0600."""
    return cast("BinaryIO", open(path, mode, opener=_private))


def make_private(folder: Path) -> None:
    """Make a folder with mode 0700, or take others' access from one that exists.

    A folder of another user, or one with the sticky bit, as /tmp has, stays as it is. Raises
    :class:`OSError`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name != "posix":
        return
    status = folder.stat()
    is_open = status.st_mode & 0o077
    if is_open and status.st_uid == os.geteuid() and not status.st_mode & stat.S_ISVTX:
        # A home on a read-only disk can still be read.
        with contextlib.suppress(OSError):
            folder.chmod(status.st_mode & 0o700)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)


def rename(source: Path, target: Path) -> None:
    """Rename a finished file or folder; an existing file of that name is replaced."""
    _interrupt(target.name, "before")
    source.replace(target)
    _interrupt(target.name, "after")


def clone(source: BinaryIO, target: BinaryIO) -> bool:
    """Make an empty file a copy-on-write clone of another (reflink); return whether that worked.

    It takes neither time nor space. Only Linux has it, on Btrfs, XFS and some others, within one
    file system.
    """
    try:
        import fcntl

        fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
    except (ImportError, OSError):
        return False
    return True


def copy(source: str, target: str) -> str:
    """Copy a file with its times and mode, as a clone if possible; for ``shutil.copytree``."""
    with Path(source).open("rb") as reader, Path(target).open("wb") as writer:
        if not clone(reader, writer):
            shutil.copyfileobj(reader, writer, _BLOCK)
    shutil.copystat(source, target)
    return target


def hash_stream(file: BinaryIO) -> hashlib._Hash:
    """Return the SHA-256 of an open file from its position to its end."""
    import hashlib

    hasher = hashlib.sha256()
    while block := file.read(_BLOCK):
        hasher.update(block)
    return hasher


def digest_of(path: Path) -> str:
    """Return the name that the content of a file has in a store; raises :class:`OSError`."""
    with path.open("rb") as content:
        return f"sha256:{hash_stream(content).hexdigest()}"


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
