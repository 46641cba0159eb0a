"""Files that are read and written in large pieces, under descriptors that a model does not meet."""

import gzip
import io
import os
import stat

from .errors import CannotWrite, JobError
from .stopping import Stop, leave_if_forked

BOM = b"\xef\xbb\xbf"
PRIVATE = 0o600  # whatever the umask, which is for what the model writes
BLOCK = 1 << 20  # bytes


def opener(path, flags):
    """Open a file of the job folder: only its owner may read it."""
    return os.open(path, flags, PRIVATE)


class Appender:
    """A file written in large pieces."""

    def __init__(self, path, flags=os.O_APPEND):
        flags |= os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self.path = path
        self.descriptor = hidden(os.open(path, flags, PRIVATE))
        self.parts = []
        self.size = 0
        self.total = os.fstat(self.descriptor).st_size  # with what waits to be written

    def add(self, data):
        self.parts.append(data)
        self.size += len(data)
        self.total += len(data)
        if self.size > BLOCK:
            self.flush()

    def flush(self):
        if not self.parts:
            return
        leave_if_forked()
        in_model, Stop.in_model = Stop.in_model, False
        try:
            rest = memoryview(b"".join(self.parts))
            del self.parts[:]
            self.size = 0
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        except OSError as error:
            self.fail(error)
        finally:
            Stop.in_model = in_model

    def sync(self):
        """Have the disk hold what was written."""
        try:
            getattr(os, "fdatasync", os.fsync)(self.descriptor)
        except OSError as error:
            self.fail(error)

    def cut(self, size):
        """Forget what was written behind a place."""
        os.ftruncate(self.descriptor, size)
        os.lseek(self.descriptor, 0, os.SEEK_END)
        self.total = size

    def fail(self, error):
        raise CannotWrite(
            "%s cannot be written: %s" % (os.path.basename(self.path), error.strerror)
        )


class Taken(io.RawIOBase):
    """A file for whoever wants one, read by ``take``; ``file`` is what it closes."""

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self):
        self.file.close()
        io.RawIOBase.close(self)


class CountedFile(Taken):
    """The bytes of one input, counted as they are read."""

    def __init__(self, path):
        Taken.__init__(self)
        try:
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # waits for no writer
            self.file = io.FileIO(hidden(os.open(path, flags)), "rb")
            if not stat.S_ISREG(os.fstat(self.file.fileno()).st_mode):
                self.file.close()
                raise JobError("read", "an input is not a regular file any more")
        except OSError as error:
            raise JobError("read", "an input cannot be read: %s" % error.strerror)
        self.count = 0

    def go_to(self, place):
        self.file.seek(place)

    def take(self, size):
        """Return some of the bytes that follow, none at the end."""
        leave_if_forked()
        try:
            data = self.file.read(size)
        except OSError as error:
            raise JobError("read", "an input cannot be read: %s" % error.strerror)
        self.count += len(data)
        return data


class Unzipped:
    """Gzip data piece by piece, so that what stands before a damage is read."""

    def __init__(self, file):
        self.file = gzip.GzipFile(fileobj=file, mode="rb")

    def take(self, size):
        return self.file.read1(size)


def hidden(descriptor):
    """Move a descriptor up, where a model that closes 3 to 255 does not meet it; never inherited."""
    try:
        import fcntl

        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 600)
    except (ImportError, OSError):
        return descriptor
    os.close(descriptor)
    return moved
