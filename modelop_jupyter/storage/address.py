"""Addresses of objects: ``s3://bucket/key`` and others, and the driver that each scheme needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from modelop_jupyter.errors import AddressError, UnknownSchemeError
from modelop_jupyter.masking import mask, secrets_of

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_WILDCARD = re.compile(r"[*?\[]")
_WEB = ("http", "https")


@dataclass(frozen=True, slots=True)
class Driver:
    """What reads the addresses of a scheme.

    ``package`` is what has to be installed beside fsspec, None for what fsspec has itself;
    ``is_whole``: an object written there appears when it is complete. ``has_timeouts``: those of
    the driver are set in ``connection``. ``permissions`` are the words for read, list, write, remove.
    """

    package: str | None = None
    module: str | None = None
    is_whole: bool = False
    has_timeouts: bool = True
    may_hold_password: bool = False
    permissions: tuple[str, str, str, str] = ("read", "list", "write", "remove")


_S3 = Driver(
    "s3fs",
    "s3fs",
    is_whole=True,
    permissions=("s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject"),
)
_GOOGLE = Driver(
    "gcsfs",
    "gcsfs",
    is_whole=True,
    has_timeouts=False,
    permissions=(
        "storage.objects.get",
        "storage.objects.list",
        "storage.objects.create",
        "storage.objects.delete",
    ),
)
_AZURE = Driver(
    "adlfs",
    "adlfs",
    is_whole=True,
    has_timeouts=False,
    permissions=(
        "Storage Blob Data Reader",
        "Storage Blob Data Reader",
        "Storage Blob Data Contributor",
        "Storage Blob Data Contributor",
    ),
)
_WEB_DRIVER = Driver("aiohttp", "aiohttp", may_hold_password=True)
_SFTP = Driver("paramiko", "paramiko", may_hold_password=True)
DRIVERS: Mapping[str, Driver] = {
    "s3": _S3,
    "s3a": _S3,
    "gs": _GOOGLE,
    "gcs": _GOOGLE,
    "abfs": _AZURE,
    "abfss": _AZURE,
    "az": _AZURE,
    "hdfs": Driver("pyarrow", "pyarrow", has_timeouts=False),
    "sftp": _SFTP,
    "https": _WEB_DRIVER,
    "http": _WEB_DRIVER,
    "memory": Driver(),
    "file": Driver(),
}
SCHEMES = tuple(DRIVERS)


def is_address(text: str) -> bool:
    """Return whether a text begins like an address, of whatever scheme."""
    return _ADDRESS.match(text) is not None


@dataclass(frozen=True, slots=True)
class Address:
    """The address of an object, of a prefix (it ends with ``/``) or of several objects (a glob).

    ``text`` is what the user wrote, possibly with a password: show ``shown``.
    """

    scheme: str
    text: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address that a text is; raises :class:`UnknownSchemeError` and :class:`AddressError`."""
        match = _ADDRESS.match(text)
        if match is None:
            raise AddressError(text, "is not an address such as s3://bucket/name.json")
        scheme = match[1].lower()
        if scheme not in DRIVERS:
            raise UnknownSchemeError(text, scheme, SCHEMES)
        address = cls(scheme, scheme + text[match.end(1) :])
        if not address._rest.strip("/"):
            raise AddressError(address.shown, "names no object")
        if address.holds_credentials and not address.driver.may_hold_password:
            raise AddressError(
                address.shown,
                "holds credentials",
                f"Leave them out: {scheme}:// takes them from your usual files and variables",
            )
        return address

    def __str__(self) -> str:
        return self.shown

    @property
    def driver(self) -> Driver:
        """What reads it."""
        return DRIVERS[self.scheme]

    @property
    def shown(self) -> str:
        """The address without credentials, for messages, logs and records."""
        return mask(self.text)

    @property
    def holds_credentials(self) -> bool:
        """Whether a password, token or signature is part of the address."""
        return bool(secrets_of(self.text)) or _query_of(self.shown) != _query_of(self.text)

    @property
    def container(self) -> str:
        """The bucket, container or host."""
        return self._rest.partition("/")[0]

    @property
    def key(self) -> str:
        """What comes behind the bucket, container or host."""
        return self._rest.partition("/")[2]

    @property
    def name(self) -> str:
        """The last part of the path, as a file would be named; empty for a prefix."""
        if self.scheme in _WEB:
            return unquote(urlsplit(self.text).path).rpartition("/")[2]
        return self.key.rpartition("/")[2]

    @property
    def is_prefix(self) -> bool:
        """Whether it means what lies below it, not an object."""
        return self.text.endswith("/") or (not self.key and self.scheme not in _WEB)

    @property
    def has_wildcard(self) -> bool:
        """Whether it is a glob; a web address never is, for ``?`` begins its query."""
        return self.scheme not in _WEB and _WILDCARD.search(self.key) is not None

    def child(self, name: str) -> Address:
        """Return the address of what a prefix has under a name."""
        return Address(self.scheme, f"{self.text.rstrip('/')}/{name}")

    @property
    def _rest(self) -> str:
        return self.text[len(self.scheme) + len("://") :]


def _query_of(text: str) -> str:
    return text.partition("?")[2]
