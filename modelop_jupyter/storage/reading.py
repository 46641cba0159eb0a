"""Read an object by ranges: what is not asked for is not fetched."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.storage.address import Address
from modelop_jupyter.storage.connection import Connection, connect
from modelop_jupyter.storage.failures import changed
from modelop_jupyter.storage.objects import stat_over, state_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# One request for so much: fewer would wait for each answer, more would hold what nobody asked for.
BLOCK_SIZE = 8 * 2**20


class ObjectFile(io.RawIOBase):
    """An object as a binary file that can be read from any position.

    Whole blocks are fetched, and the last one is kept. Every read is of the ``state`` that the
    object had when it was opened: a changed one raises :class:`ObjectChangedError`, at the latest at
    the end of the file or by :meth:`verify`.
    """

    def __init__(self, connection: Connection, file: Any, state: ObjectState) -> None:
        self._connection = connection
        self._file = file
        self.state = state

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with self._connection.failures("read"):
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        with self._connection.failures("read"):
            data = self._file.read(len(view))
        view[: len(data)] = data
        if not data and len(view):
            self.verify()
        return len(data)

    def verify(self) -> None:
        """Raise :class:`ObjectChangedError` if the object is no longer what was opened."""
        # s3fs asks for the ETag with every range.
        if self._connection.address.driver.package != "s3fs":
            _require_same(self.state, stat_over(self._connection))

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def open_object(
    address: Address | str,
    *,
    expected: ObjectState | None = None,
    block_size: int = BLOCK_SIZE,
    is_read_through: bool = False,
) -> ObjectFile:
    """Open an object; raises :class:`ObjectChangedError` if it differs from the ``expected`` state.

    ``is_read_through``: it is read once from its beginning to its end, which web servers can do that
    know no ranges. Wrap it in :class:`io.BufferedReader` to read lines.
    """
    address = Address.parse(address) if isinstance(address, str) else address
    connection = connect(address)
    if is_read_through and address.driver.package == "aiohttp":
        block_size = 0
    state = stat_over(connection)
    if expected is not None:
        _require_same(expected, state)
    file = connection.call(
        "read",
        lambda: connection.files.open(
            connection.path, "rb", block_size=block_size, cache_type="readahead"
        ),
    )
    details = getattr(file, "details", None)
    if isinstance(details, dict):
        # Opening asks again, and it is this answer that ranges are held to.
        _require_same(state, state_of(state.address, details))
    return ObjectFile(connection, file, state)


def _require_same(expected: ObjectState, now: ObjectState) -> None:
    difference = expected.difference(now)
    if difference:
        raise changed(now.address, difference)
