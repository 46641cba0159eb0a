"""Files of the job folder: appended in large blocks, renamed once complete.

``rename`` has the same switch for tests as ``modelop_jupyter/files.py``, which describes it.
"""

import errno
import os
import signal

from .errors import CannotWrite
from .termination import Termination, exit_if_forked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

PRIVATE = 0o600  # whatever the umask, which is for what the model writes
BLOCK = 1 << 20  # bytes

_renames: "dict[str, int]" = {}


class Appender:
    """A file that is appended to in large blocks; ``total`` is its size once all is flushed."""

    def __init__(self, path: str, flags: int = os.O_APPEND) -> None:
        flags |= os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self.path = path
        self.descriptor = protect_descriptor(os.open(path, flags, PRIVATE))
        self.parts: list[bytes] = []
        self.size = 0
        self.total = os.fstat(self.descriptor).st_size

    def add(self, data: bytes) -> None:
        self.parts.append(data)
        self.size += len(data)
        self.total += len(data)
        if self.size > BLOCK:
            self.flush()

    def flush(self) -> None:
        if not self.parts:
            return
        exit_if_forked()
        in_model, Termination.in_model = Termination.in_model, False
        try:
            rest = memoryview(b"".join(self.parts))
            del self.parts[:]
            self.size = 0
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        except OSError as error:
            self._fail(error)
        finally:
            Termination.in_model = in_model

    def cut(self, size: int) -> None:
        """Remove what was added behind a position, whether or not it is flushed."""
        if self.total != size:
            self.flush()
            self.truncate(size)

    def sync(self) -> None:
        """Wait until the disk holds what was flushed."""
        try:
            getattr(os, "fdatasync", os.fsync)(self.descriptor)
        except OSError as error:
            self._fail(error)

    def truncate(self, size: int) -> None:
        """Remove what was flushed behind a position."""
        os.ftruncate(self.descriptor, size)
        os.lseek(self.descriptor, 0, os.SEEK_END)
        self.total = size

    def _fail(self, error: OSError) -> "NoReturn":
        name = os.path.basename(self.path)
        raise CannotWrite(f"{name} cannot be written: {error.strerror}") from error


def open_private(path: str, flags: int) -> int:
    """Open a file that only its owner may read; for the argument ``opener`` of ``open``."""
    return os.open(path, flags, PRIVATE)


def protect_descriptor(descriptor: int) -> int:
    """Move a descriptor to 600 or above, where no model closes it; it is never inherited.

    Some libraries close the descriptors 3 to 255 when they start a process.
    """
    try:
        import fcntl

        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 600)
    except (ImportError, OSError):
        return descriptor
    os.close(descriptor)
    return moved


def temporary_name(path: str) -> str:
    """Return a name for what becomes this file, which no other process uses at the same time."""
    return f"{path}.{os.getpid()}.tmp"


def rename(source: str, target: str) -> None:
    """Give a finished file its name in one step."""
    fault = os.environ.get("MODELOP_FAULT")
    name = os.path.basename(target)
    _interrupt(fault, name, "before")
    os.replace(source, target)
    _interrupt(fault, name, "after")


def _interrupt(fault: "str | None", name: str, moment: str) -> None:
    """Die or fail as ``MODELOP_FAULT`` asks, at a moment of a rename."""
    if not fault:
        return
    if fault.startswith("trace:"):
        if moment == "before":
            with open(fault[len("trace:") :], "a") as file:
                file.write(name + "\n")
        return
    wanted_name, count, wanted_moment = fault.rsplit(":", 2)
    if name != wanted_name:
        return
    if moment == "before":
        _renames[name] = _renames.get(name, 0) + 1
    if _renames[name] != int(count):
        return
    if wanted_moment == "full" and moment == "before":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if wanted_moment == moment:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
