"""Read an export, which may come from anywhere: nothing of it is trusted before it is checked.

A file is read only by its name in the manifest and only up to its size there. Nothing is unpacked:
bytes go from the zip to the blob store, which verifies their digest.
"""

from __future__ import annotations

import contextlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from modelop_jupyter.errors import InvalidError
from modelop_jupyter.exchange.manifest import NAME
from modelop_jupyter.safe_open import open_below, open_regular

_CHUNK = 1 << 20
_MOST_MEMBERS = 100_000
# Others unpack as much as they like at once.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for a file that is not, or not any more, what it says.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    OverflowError,
)


class Source(Protocol):
    """An opened export: its files by path."""

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""

    def open(self, path: str) -> contextlib.AbstractContextManager[BinaryIO]:
        """Open a file; raises :class:`InvalidError` for one that is not there, or is a link."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a zip or a folder; raises :class:`InvalidError` for anything else."""
    if path.is_dir():
        yield _Folder(path)
        return
    if not path.exists():
        raise InvalidError(
            "there is no such file or folder", f"Relative paths start in {Path.cwd()}"
        )
    try:
        file = open_regular(path)
    except OSError as error:
        raise InvalidError(f"it cannot be read: {error.strerror or error}") from None
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise InvalidError(f"it is not a readable zip file ({error})") from None
        _check_members(archive)
        yield _Zip(archive)


def chunks(source: Source, path: str, size: int) -> Iterator[bytes]:
    """Yield the bytes of a file; raises :class:`InvalidError` if there are more than expected."""
    left = size
    try:
        with source.open(path) as file:
            while chunk := file.read(min(_CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise InvalidError(f"{path} is longer than its {size:,} bytes")
                yield chunk
    except InvalidError:
        raise
    except _BROKEN as error:
        raise InvalidError(f"{path} is damaged ({error})") from None
    if left:
        raise InvalidError(f"{path} is shorter than its {size:,} bytes")


def read(source: Source, path: str, most: int) -> bytes:
    """Return the bytes of a file of unknown size."""
    try:
        with source.open(path) as file:
            data = file.read(most + 1)
    except InvalidError:
        raise
    except _BROKEN as error:
        raise InvalidError(f"{path} is damaged ({error})") from None
    if len(data) > most:
        raise InvalidError(f"{path} is longer than {most:,} bytes")
    return data


def check(source: Source, path: str, size: int, digest: str) -> None:
    """Read a file and compare it with its digest; raises :class:`InvalidError`."""
    hasher = sha256()
    for chunk in chunks(source, path, size):
        hasher.update(chunk)
    if f"sha256:{hasher.hexdigest()}" != digest:
        raise InvalidError(f"{path} was changed: its content does not match its digest")


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, path: str) -> bool:
        return (self._root / path).is_file()

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        file_path = self._root
        for part in PurePosixPath(path).parts:
            file_path = file_path / part
            if file_path.is_symlink():
                raise InvalidError(f"{path} is a link, which may lead anywhere")
        if not file_path.is_file():
            raise InvalidError(f"{path} is missing")
        with open_below(self._root, file_path) as file:
            yield file


class _Zip:
    """A zip; in one that was packed from an exported folder, all paths begin with that folder's name."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = frozenset(archive.namelist())
        below = {name.partition("/")[0] for name in self._names if name.count("/") > 0}
        roots = [f"{name}/" for name in below if f"{name}/{NAME}" in self._names]
        self._root = roots[0] if len(roots) == 1 and NAME not in self._names else ""

    def has(self, path: str) -> bool:
        return self._root + path in self._names

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        try:
            info = self._archive.getinfo(self._root + path)
        except KeyError:
            raise InvalidError(f"{path} is missing") from None
        with self._archive.open(info) as file:
            yield file  # type: ignore[misc]


def _check_members(archive: zipfile.ZipFile) -> None:
    """Refuse a zip that ``export`` did not write: paths outside of it, links, duplicate names."""
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise InvalidError(f"it holds more than {_MOST_MEMBERS:,} files")
    seen: set[str] = set()
    for info in members:
        for name in (info.filename, info.orig_filename):
            pure = PurePosixPath(name.replace("\\", "/"))
            if pure.is_absolute() or ".." in pure.parts or name[1:2] == ":":
                raise InvalidError(f"{name!r} in it leads out of its folder")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise InvalidError(f"{info.filename!r} in it is a link, which may lead anywhere")
        if info.compress_type not in _COMPRESSIONS:
            raise InvalidError(f"{info.filename!r} in it is packed in a way that no export uses")
        if info.filename in seen:
            raise InvalidError(f"{info.filename!r} is in it twice")
        seen.add(info.filename)
