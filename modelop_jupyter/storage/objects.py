"""Ask about objects, list them, and remove them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.errors import AccessDeniedError, AddressError, ObjectNotFoundError
from modelop_jupyter.masking import mask
from modelop_jupyter.storage.address import Address
from modelop_jupyter.storage.connection import Connection, connect

_ETAGS = ("ETag", "etag")
_VERSIONS = ("VersionId", "generation", "version_id")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created", "Last-Modified")


def stat(address: Address | str) -> ObjectState:
    """Return what storage says of one object now.

    Raises :class:`ObjectNotFoundError`, also for a prefix, and the other errors of this room.
    """
    connection = connect(_parsed(address))
    return stat_over(connection)


def stat_over(connection: Connection) -> ObjectState:
    """Return what storage says of the object that a connection is for."""
    connection.files.invalidate_cache()
    info = connection.ask("read", lambda: connection.files.info(connection.path))
    if info.get("type") == "directory":
        raise ObjectNotFoundError(
            connection.address.shown,
            "is not an object, but has objects below it",
            f"Name one of them, or all: {connection.address.shown.rstrip('/')}/*",
        )
    return state_of(connection.address.shown, info)


def exists(address: Address | str) -> bool:
    """Return whether an object is there; a prefix is none."""
    try:
        stat(address)
    except ObjectNotFoundError:
        return False
    return True


def list_objects(address: Address | str) -> list[ObjectState]:
    """Return the objects that a glob matches, or that lie below a prefix, in the order of their names.

    The address of a single object gives that one. A list is empty where there is nothing.
    """
    address = _parsed(address)
    if not address.is_prefix and not address.has_wildcard:
        return [stat(address)]
    if address.scheme in ("http", "https"):
        raise AddressError(address.shown, "cannot be listed: a web server has no list of its files")
    connection = connect(address)
    files, path = connection.files, connection.path
    if not address.driver.has_timeouts:
        # A listing may take long; whether anybody answers is known in a moment.
        connection.ask("list", lambda: files.exists(path.partition("/")[0]))
    found: Mapping[str, Mapping[str, Any]] = connection.call(
        "list",
        lambda: (
            files.find(path, detail=True) if address.is_prefix else files.glob(path, detail=True)
        ),
    )
    if not found:
        require_container(connection)
    return [
        state_of(mask(connection.url(name)), info)
        for name, info in sorted(found.items())
        # Some tools make an empty object that ends with / for a folder.
        if info.get("type") != "directory" and not name.endswith("/")
    ]


def remove(address: Address | str) -> None:
    """Remove an object; one that is not there is no error."""
    connection = connect(_parsed(address))
    try:
        connection.call("remove", lambda: connection.files.rm_file(connection.path))
    except ObjectNotFoundError:
        return


def remove_below(prefix: Address | str) -> None:
    """Remove all objects below a prefix; that there are none is no error."""
    prefix = _parsed(prefix)
    connection = connect(prefix)
    try:
        connection.call("remove", lambda: connection.files.rm(connection.path, recursive=True))
    except ObjectNotFoundError:
        return
    # s3fs removes a thousand at once, and does not say which of them it could not.
    for left in list_objects(prefix):
        remove(left.address)


def state_of(shown: str, info: Mapping[str, Any]) -> ObjectState:
    """Return what a driver says of an object as our value."""
    etag = _first(info, _ETAGS)
    version = _first(info, _VERSIONS)
    return ObjectState(
        shown,
        size=info.get("size"),
        etag=str(etag).strip('"') if etag else None,
        # S3 says so of an object of a bucket without versions.
        version=str(version) if version and version != "null" else None,
        modified=_time(_first(info, _TIMES)),
    )


def require_container(connection: Connection) -> None:
    """Raise :class:`ObjectNotFoundError` for a bucket that is not there: drivers list it as empty."""
    bucket, files = connection.address.container, connection.files
    if connection.address.driver.package == "s3fs":
        with suppress(AccessDeniedError):
            connection.call("list", lambda: files.call_s3("head_bucket", Bucket=bucket))


def _first(info: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((info[name] for name in names if info.get(name)), None)


def _time(value: Any) -> str | None:
    """Return a time in UTC, whatever a driver has for it."""
    if isinstance(value, (int, float)):
        value = datetime.fromtimestamp(value, timezone.utc)
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    if not isinstance(value, str):
        return None
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(value).astimezone(timezone.utc).isoformat()
    except ValueError:
        return value


def _parsed(address: Address | str) -> Address:
    return Address.parse(address) if isinstance(address, str) else address
