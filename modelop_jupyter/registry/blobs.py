"""Stored bytes, named by their SHA-256: written once, never changed, verified whenever read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from modelop_jupyter import files
from modelop_jupyter.domain.assets import digest_of
from modelop_jupyter.errors import AssetFileError, BlobError, HomeError, InvalidError
from modelop_jupyter.opening import IrregularFileError, LinkError, open_below, open_regular

_CHUNK = 1 << 20
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})\Z")


def _nobody(_digest: str) -> None:
    """Know of no model."""


class BlobStore:
    """The files below one folder, ``ab/cd/abcd…``; made when something is first put there.

    ``holder_of`` tells whose bytes a digest names, for messages; ``is_shared`` says that the
    registry names the files of other homes, too.
    """

    def __init__(
        self,
        root: Path,
        *,
        holder_of: Callable[[str], str | None] = _nobody,
        is_shared: bool = False,
    ) -> None:
        self.root = root
        self._is_shared = is_shared
        self._holder_of = holder_of

    def path(self, digest: str) -> Path:
        """Return where the bytes of this name lie, or would lie."""
        match = _DIGEST.match(digest)
        if match is None:
            raise ValueError(f"{digest!r} is not a digest")
        name = match[1]
        return self.root / name[:2] / name[2:4] / name

    def put(self, data: bytes) -> str:
        """Store bytes and return their digest; raises :class:`HomeError` when they cannot be."""
        digest = digest_of(data)
        if not self._holds(digest, len(data)):
            self._write(digest, (data,))
        return digest

    def put_file(self, path: Path, *, below: Path | None = None) -> tuple[str, int]:
        """Store a file's bytes and return their digest and size.

        Raises :class:`AssetFileError` for anything but a readable regular file that stays as it
        is while it is read, and lies ``below`` that folder, if there is one.
        """
        with _opened(path, below) as (file, is_unchanged):
            # Hashing first costs a second read of a new file and spares a whole write of a known one.
            digest, size = _digest_and_size(_chunks(file))
            if not is_unchanged(size):
                raise _changed(path)
            if not self._holds(digest, size):
                file.seek(0)
                if self._write(digest, _chunks(file)) != digest:
                    raise _changed(path)
        return digest, size

    def put_as(self, digest: str, size: int, chunks: Iterable[bytes]) -> None:
        """Store bytes that come piece by piece and must have this digest.

        Raises :class:`InvalidError` when they have another one; nothing is stored then.
        """
        if not self._holds(digest, size) and self._write(digest, chunks) != digest:
            raise InvalidError(f"these are not the bytes of {digest}", "Try again")

    def read(self, digest: str) -> bytes:
        """Return the stored bytes; raises :class:`BlobError` when they are not those any more."""
        path = self.path(digest)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise self._unreadable(digest, error) from error
        if digest_of(data) != digest:
            raise self._damaged(digest)
        return data

    def copy_to(self, digest: str, target: Path) -> None:
        """Write a verified copy that its owner may change; never a link to the stored file."""
        path = self.path(digest)
        try:
            source = path.open("rb")
        except OSError as error:
            raise self._unreadable(digest, error) from error
        hasher = hashlib.sha256()
        with source:
            try:
                with files.open_private(target, "wb") as copy:
                    is_clone = files.clone(source, copy)
                    for chunk in _chunks(source):
                        hasher.update(chunk)
                        if not is_clone:
                            copy.write(chunk)
            except OSError as error:
                with contextlib.suppress(OSError):
                    target.unlink()
                raise HomeError(str(target.parent), _words(error)) from error
        if hasher.hexdigest() != path.name:
            target.unlink()
            raise self._damaged(digest)

    def _unreadable(self, digest: str, error: OSError) -> BlobError:
        if not isinstance(error, FileNotFoundError):
            return BlobError(self._named(digest), _words(error))
        is_damaged = _aside(self.path(digest)).exists()
        if self._is_shared and not is_damaged:
            return BlobError(self._named(digest), _ELSEWHERE, _GO_THERE)
        reason = _CHANGED if is_damaged else "it is missing"
        return BlobError(self._named(digest), reason, _REMEDY)

    def _damaged(self, digest: str) -> BlobError:
        path = self.path(digest)
        # Out of the way, so that registering the same content again stores it anew.
        with contextlib.suppress(OSError):
            path.replace(_aside(path))
        return BlobError(self._named(digest), _CHANGED, _REMEDY)

    def _named(self, digest: str) -> str:
        """Return the path of a file, and the model and asset that it is of."""
        holder = self._holder_of(digest)
        return f"{self.path(digest)} ({holder})" if holder else str(self.path(digest))

    def _holds(self, digest: str, size: int) -> bool:
        """Say whether the bytes are there, and still are those: whoever stores them again heals them."""
        try:
            with self.path(digest).open("rb") as file:
                if os.fstat(file.fileno()).st_size != size:
                    return False
                return _digest_and_size(_chunks(file)) == (digest, size)
        except OSError:
            return False

    def _write(self, digest: str, chunks: Iterable[bytes]) -> str:
        """Write under a temporary name; take the final one only if the bytes are the right ones."""
        path = self.path(digest)
        temporary: Path | None = None
        try:
            _make_folders(path.parent, self.root)
            temporary = files.temporary_name(path)
            hasher = hashlib.sha256()
            with files.open_private(temporary, "xb") as file:
                for chunk in chunks:
                    hasher.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            written = "sha256:" + hasher.hexdigest()
            if written == digest:
                temporary.chmod(0o400)
                files.rename(temporary, path)
                temporary = None
                _aside(path).unlink(missing_ok=True)
                _sync_folder(path.parent)
            return written
        except OSError as error:
            raise HomeError(str(self.root), _words(error)) from error
        finally:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    temporary.unlink()


@contextlib.contextmanager
def _opened(path: Path, below: Path | None) -> Iterator[tuple[BinaryIO, Callable[[int], bool]]]:
    """Open a regular file, with a test of whether it is still what it was when opened."""
    try:
        file = open_regular(path) if below is None else open_below(below, path)
    except IrregularFileError as error:
        raise AssetFileError(
            str(path), f"it is {error.what}, not a regular file", "Copy its content to a file first"
        ) from error
    except LinkError as error:
        raise AssetFileError(
            str(path), f"it is a link that leads out of {below}", "Copy the file into the folder"
        ) from error
    except FileNotFoundError as error:
        raise AssetFileError(
            str(path), "there is no such file", f"Paths begin in {Path.cwd()}"
        ) from error
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and path.is_dir():
            raise _folder(path) from error
        raise AssetFileError(str(path), f"it cannot be read: {_words(error)}") from error
    with file:
        before = os.fstat(file.fileno())

        def is_unchanged(size: int) -> bool:
            try:
                now = path.stat()
            except OSError:
                return False
            return before.st_size == size and _identity(now) == _identity(before)

        try:
            yield file, is_unchanged
        except OSError as error:
            raise AssetFileError(str(path), f"it cannot be read: {_words(error)}") from error


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _digest_and_size(chunks: Iterable[bytes]) -> tuple[str, int]:
    hasher, size = hashlib.sha256(), 0
    for chunk in chunks:
        hasher.update(chunk)
        size += len(chunk)
    return "sha256:" + hasher.hexdigest(), size


def _make_folders(folder: Path, root: Path) -> None:
    """Make a folder below the root so that it survives a power cut."""
    if not root.is_dir():
        files.make_private(root.parent)
        files.make_private(root)
    for level in (folder.parent, folder):
        if not level.is_dir():
            level.mkdir(exist_ok=True)
            _sync_folder(level.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows cannot open a folder, and needs no such thing
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _words(error: Exception) -> str:
    """Return the system's reason, without the number and the path."""
    reason = error.strerror if isinstance(error, OSError) else None
    return (reason or str(error)).lower()


def _changed(path: Path) -> AssetFileError:
    return AssetFileError(
        str(path), "it changed while it was read", "Try again when nothing writes to it"
    )


def _folder(path: Path) -> AssetFileError:
    return AssetFileError(str(path), "it is a folder", "Name a file, or register the whole folder")


def _aside(path: Path) -> Path:
    """Return where damaged bytes are put."""
    return path.with_name(path.name + ".damaged")


_CHANGED = "its content is no longer what was stored"
_REMEDY = "Register the model again with the original file, which stores it anew"
_ELSEWHERE = "it is not in this home; the registry is one that other homes use, too"
_GO_THERE = "Set MODELOP_HOME to the home it was registered from, or register the model here again"
