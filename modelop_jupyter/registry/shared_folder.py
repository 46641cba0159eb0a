"""What several homes share: objects below one address, which are written once and read by name."""

from __future__ import annotations

import contextlib
import io
import shutil
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from modelop_jupyter import storage
from modelop_jupyter.domain.places import Place
from modelop_jupyter.errors import (
    AddressError,
    AddressUnreachableError,
    MissingExtraError,
    ObjectNotFoundError,
    SharedFilesError,
    StorageError,
    UnknownSchemeError,
)

# A list of fifty models is not to wait fifty times for a server that does not answer.
_SILENT_SECONDS = 10.0
_BLOCK = 1 << 20
# By this object an address is known at which files are shared: a folder that is not mounted, or a
# misspelled address, is not one that has lost all of them.
_MARK = "modelop-shared.json"
_NOT_SHARED = ("http", "https", "memory")
_SET = "Set MODELOP_BLOBS_URL to an address, such as s3://bucket/team"


class SharedFolder:
    """The objects below an address; what goes wrong there is a :class:`SharedFilesError`."""

    def __init__(self, address: storage.Address) -> None:
        self._address = address
        # Until when the server counts as silent, and what to do about it.
        self._silence: tuple[float, str | None] = (0.0, None)
        self._is_marked = False

    @classmethod
    def at(cls, url: str) -> SharedFolder:
        """Return what is shared at an address, or in a folder that all machines have.

        Nothing is read yet. Raises :class:`SharedFilesError` for what is no address.
        """
        try:
            address = storage.Address.parse(f"file://{url}" if url.startswith("/") else url)
        except UnknownSchemeError as error:
            reason = f"{error.scheme}:// is not a known scheme"
            raise SharedFilesError(error.address, reason, error.hint) from None
        except AddressError as error:
            raise SharedFilesError(
                error.address, f"it {error.reason}", error.hint or _SET
            ) from None
        if address.scheme in _NOT_SHARED:
            reason = f"{address.scheme}:// is not a place where all homes can write"
            raise SharedFilesError(address.shown, reason, _SET)
        return _at(address)

    @property
    def place(self) -> Place:
        """The address without credentials, as the registry names it."""
        return Place(self._address.shown.rstrip("/"))

    def shown(self, name: str) -> str:
        """Return the address of an object without credentials."""
        return self._address.child(name).shown

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open an object to be read once from its beginning; raises :class:`ObjectNotFoundError`."""
        until, remedy = self._silence
        if time.monotonic() < until:
            raise SharedFilesError(
                self.place.path,
                f"{self.shown(name)} cannot be read: its server does not answer",
                remedy,
            )
        with self._failures(may_be_missing=True):
            try:
                source = storage.open_object(self._address.child(name))
            except ObjectNotFoundError:
                self._require_mark()
                raise
            with source as file:
                yield cast("BinaryIO", io.BufferedReader(file, _BLOCK))

    def put_file(self, name: str, path: Path) -> None:
        """Write a file as an object, which appears when it is complete."""
        self._mark()
        address, size = self._address.child(name), path.stat().st_size
        # Not storage.upload, which asks once more what is there then.
        with (
            path.open("rb") as source,
            self._failures(),
            storage.write_object(address, size=size) as target,
        ):
            shutil.copyfileobj(source, target, _BLOCK)

    def _mark(self) -> None:
        """Make the address known as one at which files are shared."""
        if self._is_marked:
            return
        mark = self._address.child(_MARK)
        with self._failures():
            if not storage.exists(mark):
                with storage.write_object(mark) as file:
                    file.write(b'{"layout": 1}\n')
        self._is_marked = True

    def _require_mark(self) -> None:
        if not storage.exists(self._address.child(_MARK)):
            raise SharedFilesError(
                self.place.path,
                "nothing is shared there",
                "Check MODELOP_BLOBS_URL, and that the folder is mounted;"
                " the first registration makes a new one",
            )

    def remove(self, name: str) -> None:
        """Remove an object; one that is not there is no error."""
        with self._failures():
            storage.remove(self._address.child(name))

    def sizes(self, name: str) -> dict[str, int | None]:
        """Return the names of the objects below a name, with their sizes in bytes."""
        prefix = self._address.child(f"{name}/")
        with self._failures():
            return {
                f"{name}/{state.address.removeprefix(prefix.shown)}": state.size
                for state in storage.list_objects(prefix)
            }

    @contextlib.contextmanager
    def _failures(self, *, may_be_missing: bool = False) -> Iterator[None]:
        try:
            yield
        except (StorageError, MissingExtraError) as error:
            if may_be_missing and isinstance(error, ObjectNotFoundError):
                raise
            if isinstance(error, AddressUnreachableError):
                self._silence = (time.monotonic() + _SILENT_SECONDS, error.hint)
            raise SharedFilesError(self.place.path, error.message, error.hint) from error


@lru_cache(maxsize=8)
def _at(address: storage.Address) -> SharedFolder:
    return SharedFolder(address)
