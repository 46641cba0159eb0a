"""Content-addressed files: bytes named by their SHA-256, written once, verified on every read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypedDict

from modelop_jupyter import files
from modelop_jupyter.domain.assets import digest_of, digest_of_file
from modelop_jupyter.domain.places import Place, described
from modelop_jupyter.errors import (
    AssetFileError,
    BlobError,
    HomeError,
    InvalidError,
    ObjectNotFoundError,
    SharedFilesError,
)
from modelop_jupyter.safe_open import IrregularFileError, LinkError, open_below, open_regular

if TYPE_CHECKING:
    from modelop_jupyter.registry.shared_folder import SharedFolder

_CHUNK = 1 << 20
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})\Z")


def _unknown_holder(_digest: str) -> None:
    """Return no holder."""


def _unknown_places(_digest: str) -> Collection[Place]:
    """Return no place."""
    return ()


def _forget_nothing(_digest: str) -> None:
    """Do nothing."""


class Surroundings(TypedDict):
    """What a store is told of its registry and of the homes that share its files."""

    holder_of: Callable[[str], str | None]
    places_of: Callable[[str], Collection[Place]]
    on_lost: Callable[[str], None]
    is_shared: bool
    shared: SharedFolder | None


class BlobStore:
    """The files below one folder, ``ab/cd/abcd…``; it is made with the first file.

    What is not there is fetched from ``shared`` once, and kept if it is what its digest says.
    ``holder_of`` returns whose bytes a digest names, for messages; ``is_shared``: the registry is
    also used by other homes, whose files are not in this store, and ``places_of`` returns where they
    are. ``on_lost`` is called with a digest that ``shared`` does not have after all.
    """

    def __init__(
        self,
        root: Path,
        *,
        holder_of: Callable[[str], str | None] = _unknown_holder,
        places_of: Callable[[str], Collection[Place]] = _unknown_places,
        on_lost: Callable[[str], None] = _forget_nothing,
        is_shared: bool = False,
        shared: SharedFolder | None = None,
    ) -> None:
        self.root = root
        self._is_shared = is_shared
        self._holder_of = holder_of
        self._places_of = places_of
        self._on_lost = on_lost
        self._shared = shared

    @property
    def surroundings(self) -> Surroundings:
        """What another store must be told to read and speak of the same bytes."""
        return Surroundings(
            holder_of=self._holder_of,
            places_of=self._places_of,
            on_lost=self._on_lost,
            is_shared=self._is_shared,
            shared=self._shared,
        )

    def path(self, digest: str) -> Path:
        """Return the path of the bytes of this digest, stored or not."""
        return self.place_of(digest)

    def place_of(self, digest: str) -> Path:
        """Return the path to which this store writes the bytes of this digest."""
        match = _DIGEST.match(digest)
        if match is None:
            raise ValueError(f"{digest!r} is not a digest")
        name = match[1]
        return self.root / name[:2] / name[2:4] / name

    def put(self, data: bytes) -> str:
        """Store bytes and return their digest; raises :class:`HomeError` on a write error."""
        digest = digest_of(data)
        if not self._holds(digest, len(data)):
            self._write(digest, (data,))
        return digest

    def put_file(self, path: Path, *, below: Path | None = None) -> tuple[str, int]:
        """Store a file's bytes and return their digest and size.

        Raises :class:`AssetFileError` for anything but a readable regular file that does not change
        while it is read and, if ``below`` is given, lies below that folder.
        """
        with _opened(path, below) as (file, is_unchanged):
            # Hashing first costs a second read of a new file, and saves writing a known one.
            digest, size = _digest_and_size(file)
            if not is_unchanged(size):
                raise _changed_error(path)
            if not self._holds(digest, size):
                file.seek(0)
                if self._write(digest, _chunks(file)) != digest:
                    raise _changed_error(path)
        return digest, size

    def put_stream(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Store bytes whose digest is known only when all have come; return it and their size.

        What raises while they come stores nothing.
        """
        try:
            if not self.root.is_dir():
                files.make_private(self.root.parent)
                files.make_private(self.root)
            part = files.temporary_name(self.root / "stream")
            try:
                with files.open_private(part, "wb") as file:
                    for chunk in chunks:
                        file.write(chunk)
                return self.put_file(part)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise HomeError(str(self.root), _error_text(error)) from error

    def put_as(self, digest: str, size: int, chunks: Iterable[bytes]) -> None:
        """Store bytes that come in chunks and must have this digest.

        Raises :class:`InvalidError`, and stores nothing, if they have another one.
        """
        if not self._holds(digest, size) and self._write(digest, chunks) != digest:
            raise InvalidError(f"the bytes do not match {digest}", "Try again")

    def fetch(self, digest: str) -> Path:
        """Return the path of bytes that are here, which they are then if anybody shares them.

        Raises :class:`BlobError`. The bytes are not verified if they were here.
        """
        path = self.path(digest)
        if self._shared is not None and not path.is_file():
            self._fetch(digest, self._shared)
        return path

    def read(self, digest: str) -> bytes:
        """Return the stored bytes; raises :class:`BlobError` if they are missing or damaged."""
        try:
            return self._read(digest)
        except BlobError:
            if self._shared is None:
                raise
            self._fetch(digest, self._shared)
            return self._read(digest)

    def _read(self, digest: str) -> bytes:
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
        try:
            self._copy_to(digest, target)
        except BlobError:
            if self._shared is None:
                raise
            self._fetch(digest, self._shared)
            self._copy_to(digest, target)

    def _copy_to(self, digest: str, target: Path) -> None:
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
                raise HomeError(str(target.parent), _error_text(error)) from error
        if hasher.hexdigest() != path.name:
            target.unlink()
            raise self._damaged(digest)

    def _fetch(self, digest: str, shared: SharedFolder) -> None:
        """Store the bytes that other homes have shared; raises :class:`BlobError`."""
        name, reason = blob_name(digest), ""
        try:
            with shared.open(name) as file:
                if self._write(digest, _chunks(file)) == digest:
                    return
            reason = f"what other homes read at {shared.shown(name)} is not what was stored"
        except ObjectNotFoundError:
            # Of a registry that did not share its files from the beginning.
            places = [str(place) for place in self._places_of(digest) if place != shared.place]
            reason = f"it is neither in this home nor at {shared.place}"
            if places:
                reason += f", but in {' and '.join(sorted(places))}"
        except SharedFilesError as error:
            raise BlobError(
                self._named(digest), f"it is not in this home, and {error.reason}", error.hint
            ) from error
        self._on_lost(digest)
        raise BlobError(self._named(digest), reason, _SHARED_REMEDY)

    def _unreadable(self, digest: str, error: OSError) -> BlobError:
        if not isinstance(error, FileNotFoundError):
            return BlobError(self._named(digest), _error_text(error))
        is_damaged = _damaged_path(self.path(digest)).exists()
        if self._is_shared and not is_damaged:
            where = described(self._places_of(digest))
            reason = f"it is not in this home, but in {where}" if where else _OTHER_HOME
            return BlobError(self._named(digest), reason, _OTHER_HOME_REMEDY)
        reason = _CHANGED if is_damaged else "it is missing"
        return BlobError(self._named(digest), reason, _REMEDY)

    def _damaged(self, digest: str) -> BlobError:
        path = self.path(digest)
        self._move_away(path)
        return BlobError(self._named(digest), _CHANGED, _REMEDY)

    def _move_away(self, path: Path) -> None:
        """Take damaged bytes away, so that registering the same content again stores it anew."""
        with contextlib.suppress(OSError):
            path.replace(_damaged_path(path))

    def _named(self, digest: str) -> str:
        """Return the path of a file, with the model and asset that it belongs to."""
        holder = self._holder_of(digest)
        return f"{self.path(digest)} ({holder})" if holder else str(self.path(digest))

    def _holds(self, digest: str, size: int) -> bool:
        """Return whether the bytes are stored undamaged; if not, storing them repairs it."""
        try:
            with self.path(digest).open("rb") as file:
                if os.fstat(file.fileno()).st_size != size:
                    return False
                return _digest_and_size(file) == (digest, size)
        except OSError:
            return False

    def _write(self, digest: str, chunks: Iterable[bytes]) -> str:
        """Write chunks to a file, which is kept only if they have this digest; return theirs."""
        path = self.place_of(digest)
        try:
            _make_folders(path.parent, self.root)
            with files.replace_file(path, mode=0o400) as file:
                hasher = hashlib.sha256()
                for chunk in chunks:
                    hasher.update(chunk)
                    file.write(chunk)
                written = "sha256:" + hasher.hexdigest()
                if written != digest:
                    raise _OtherBytesError(written)
            _damaged_path(path).unlink(missing_ok=True)
            _sync_folder(path.parent)
        except _OtherBytesError as error:
            return error.digest
        except OSError as error:
            raise HomeError(str(self.root), _error_text(error)) from error
        return written


class SharedBlobs:
    """The shared place of a store's blobs: they are put there before a row names them."""

    def __init__(self, blobs: BlobStore, shared: SharedFolder) -> None:
        self._blobs = blobs
        self._shared = shared

    @property
    def place(self) -> Place:
        """The shared address."""
        return self._shared.place

    def keep(self, digests: Collection[str]) -> set[str]:
        """Put those that are here there; a damaged one is left out, like one that is missing."""
        kept = set()
        for digest in sorted(digests):
            path = self._blobs.path(digest)
            try:
                is_whole = digest_of_file(path) == digest
            except OSError:
                continue
            if is_whole:
                self._shared.put_file(blob_name(digest), path)
                kept.add(digest)
        return kept


class OwnBlobs:
    """A home whose blobs no other home can read: the registry records that it has them."""

    def __init__(self, blobs: BlobStore, place: Place) -> None:
        self._blobs = blobs
        self._place = place

    @property
    def place(self) -> Place:
        """The home."""
        return self._place

    def keep(self, digests: Collection[str]) -> set[str]:
        """Return which of them are here."""
        return {digest for digest in digests if self._blobs.path(digest).is_file()}


def blob_name(digest: str) -> str:
    """Return the name of bytes below a shared address."""
    name = digest.partition(":")[2]
    return f"blobs/{name[:2]}/{name}"


class _OtherBytesError(Exception):
    """Chunks that turned out to have another digest than the one to store."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest)
        self.digest = digest


def digest_of_regular_file(path: Path, below: Path | None = None) -> tuple[str, int]:
    """Return the digest and size of a file; raises what :meth:`BlobStore.put_file` does."""
    with _opened(path, below) as (file, is_unchanged):
        digest, size = _digest_and_size(file)
        if not is_unchanged(size):
            raise _changed_error(path)
    return digest, size


@contextlib.contextmanager
def _opened(path: Path, below: Path | None) -> Iterator[tuple[BinaryIO, Callable[[int], bool]]]:
    """Open a regular file; yields it with a function that checks that it has not changed."""
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
            str(path), "there is no such file", f"Relative paths start in {Path.cwd()}"
        ) from error
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and path.is_dir():
            raise _is_folder_error(path) from error
        raise AssetFileError(str(path), f"it cannot be read: {_error_text(error)}") from error
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
            raise AssetFileError(str(path), f"it cannot be read: {_error_text(error)}") from error


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _digest_and_size(file: BinaryIO) -> tuple[str, int]:
    return "sha256:" + files.hash_stream(file).hexdigest(), file.tell()


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
        return  # Windows cannot open a folder, and does not need this
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _error_text(error: Exception) -> str:
    """Return the system's reason without error number and path."""
    reason = error.strerror if isinstance(error, OSError) else None
    return (reason or str(error)).lower()


def _changed_error(path: Path) -> AssetFileError:
    return AssetFileError(
        str(path), "it changed while it was read", "Try again when nothing writes to it"
    )


def _is_folder_error(path: Path) -> AssetFileError:
    return AssetFileError(str(path), "it is a folder", "Name a file, or register the whole folder")


def _damaged_path(path: Path) -> Path:
    """Return where damaged bytes are moved."""
    return path.with_name(path.name + ".damaged")


_CHANGED = "its content is no longer what was stored"
_REMEDY = "Register the model again with the original file, which stores it anew"
_OTHER_HOME = "it is not in this home; the registry is shared with other homes"
_OTHER_HOME_REMEDY = (
    "Set MODELOP_HOME to the home it was registered from, or register the model here again;"
    " with MODELOP_BLOBS_URL homes share their files"
)
_SHARED_REMEDY = (
    "'modelop repair' in a home that has it shares it again; so does registering the model again"
)
