"""Write an object that appears only when it is complete."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.errors import AccessDeniedError, AddressError, ObjectNotFoundError
from modelop_jupyter.storage.address import Address
from modelop_jupyter.storage.connection import Connection, connect
from modelop_jupyter.storage.objects import require_container, stat_over

# S3 takes parts from 5 MiB, and 10,000 of them.
_PART_SIZE = 16 * 2**20
_MOST_PARTS = 9_000
_COPY_SIZE = 2**20


@contextmanager
def write_object(address: Address | str, *, size: int | None = None) -> Iterator[IO[bytes]]:
    """Yield a binary file whose content becomes the object when the block ends without an error.

    Until then nobody sees it: object storage takes parts (multipart upload), elsewhere it has
    another name. ``size`` is that of the whole, where it is known: more than 140 GB takes larger parts.
    """
    address = Address.parse(address) if isinstance(address, str) else address
    _require_single(address)
    connection = connect(address)
    writer = _parts if address.driver.is_whole else _renamed
    with writer(connection, size or 0) as file:
        yield _Sink(connection, file)  # type: ignore[misc]


def upload(path: Path, address: Address | str) -> ObjectState:
    """Write a local file as one object, and return what storage says of it.

    That is its size alone to who may write objects, and not read them.
    """
    address = Address.parse(address) if isinstance(address, str) else address
    size = path.stat().st_size
    with path.open("rb") as source, write_object(address, size=size) as target:
        shutil.copyfileobj(source, target, _COPY_SIZE)
    try:
        return stat_over(connect(address))
    except AccessDeniedError:
        return ObjectState(address.shown, size)


def require_writable(address: Address | str) -> None:
    """Raise for an address that can be seen not to take an object, before work is done for it.

    What is noticed: a wrong kind of address, a missing driver, bucket or credentials, a server that
    does not answer. Whether writing is permitted shows only when it is done.
    """
    address = Address.parse(address) if isinstance(address, str) else address
    _require_single(address)
    connection = connect(address)
    try:
        stat_over(connection)
    except AccessDeniedError:
        return  # it may be allowed to write, and not to read
    except ObjectNotFoundError:
        require_container(connection)


def _require_single(address: Address) -> None:
    if address.scheme in ("http", "https"):
        raise AddressError(
            address.shown,
            "cannot be written: outputs at http:// and https:// are not supported",
            "Name s3://, gs:// or others",
        )
    if address.is_prefix or address.has_wildcard:
        raise AddressError(address.shown, "cannot be written: it names no single object")


class _Sink:
    """The file that is written to; a failure of the driver has its type at once."""

    def __init__(self, connection: Connection, file: Any) -> None:
        self._connection = connection
        self._file = file

    def write(self, data: bytes) -> int:
        with self._connection.failures("write"):
            return int(self._file.write(data))


@contextmanager
def _parts(connection: Connection, size: int) -> Iterator[Any]:
    part_size = max(_PART_SIZE, size // _MOST_PARTS)
    connection.is_answered()  # nobody has, but parts that come late are worth several tries
    with connection.failures("write"):
        file = connection.files.open(connection.path, "wb", block_size=part_size)
    try:
        yield file
        connection.call("write", file.close)
    except BaseException:
        # Closing it, which its destructor does, too, would make an object of what there is.
        with suppress(Exception):
            file.discard()
        file.closed = True
        raise


@contextmanager
def _renamed(connection: Connection, _size: int) -> Iterator[Any]:
    files, path = connection.files, connection.path
    folder = path.rpartition("/")[0]
    temporary = f"{path}.{uuid.uuid4().hex[:8]}.part"
    with connection.failures("write"):
        files.makedirs(folder, exist_ok=True)
    file = connection.call("write", lambda: files.open(temporary, "wb"))
    try:
        yield file
        connection.call("write", file.close)
        connection.call("write", lambda: files.mv(temporary, path))
    except BaseException:
        with suppress(Exception):
            file.close()
            files.rm_file(temporary)
        raise
