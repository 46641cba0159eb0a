"""The file system of an address: fsspec's, with timeouts, and calls whose failures have types."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from modelop_jupyter.errors import (
    AddressUnreachableError,
    MissingDriverError,
    ObjectNotFoundError,
)
from modelop_jupyter.storage.address import Address
from modelop_jupyter.storage.failures import Purpose, failure

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_EXTRA = "remote"
CONNECT_SECONDS = 5
_READ_SECONDS = 30
_ANSWER_SECONDS = 10.0
# Of a driver that gives up by itself, which starts after what it loads: a busy machine takes long for that.
_LONGEST_SECONDS = 120.0
# Once a server has answered, a request that fails is worth another try.
_ATTEMPTS = 5

# Where drivers look for credentials, endpoints and proxies.
_SETTINGS = re.compile(r"(AWS|FSSPEC|S3|GOOGLE|GCLOUD|AZURE|HADOOP|SSH)_|HOME$|.*_proxy$", re.I)
_MOST_FILE_SYSTEMS = 16
_FILE_SYSTEMS: dict[int, Any] = {}

_T = TypeVar("_T")


class Connection:
    """The file system that has an address; ``path`` is the address as that names it."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._class = _file_system_class(address)
        with self.failures("read"):
            self.files: AbstractFileSystem = _file_system(self._class, address)
        self.path: str = self._class._strip_protocol(address.text)
        self._has_answered = False

    def call(self, purpose: Purpose, function: Callable[[], _T]) -> _T:
        """Return what a call of the file system returns; its failures are typed."""
        with self.failures(purpose):
            value = function()
        self.is_answered()
        return value

    def ask(self, purpose: Purpose, function: Callable[[], _T]) -> _T:
        """Do as :meth:`call` for what takes a moment, and give up if there is no answer."""
        if self._has_answered:
            return self.call(purpose, function)
        has_timeouts = self.address.driver.has_timeouts
        seconds = _LONGEST_SECONDS if has_timeouts else _ANSWER_SECONDS
        return self.call(purpose, lambda: _within(seconds, function, self.address))

    def is_answered(self) -> None:
        """Note that the server is there: from now on a request that fails is worth another try."""
        self._has_answered = True
        if self.address.driver.package == "s3fs":
            self.files.retries = _ATTEMPTS

    @contextmanager
    def failures(self, purpose: Purpose) -> Iterator[None]:
        """Raise what fails within the block as a :class:`StorageError`."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - drivers raise what their libraries raise
            # The next try takes credentials anew: the user may have signed in.
            _FILE_SYSTEMS.clear()
            raise self._missing_bucket(error) or failure(self.address, error, purpose) from None

    def _missing_bucket(self, error: Exception) -> ObjectNotFoundError | None:
        """Return the error for a bucket that is not there; None for one that is, or may be."""
        if not isinstance(error, FileNotFoundError) or self.address.driver.package != "s3fs":
            return None
        bucket = self.address.container
        try:
            self.files.call_s3("head_bucket", Bucket=bucket)
        except FileNotFoundError:
            return ObjectNotFoundError(
                self.address.shown,
                f"cannot be used: there is no bucket named {bucket!r}",
                "Look for a typing error, and at the endpoint (AWS_ENDPOINT_URL) and profile in use",
            )
        except Exception:  # noqa: BLE001 - what is missing is known, this was to say it better
            return None
        return None

    def url(self, path: str) -> str:
        """Return the address of a path of the file system; user and host of SFTP are kept."""
        scheme, container = self.address.scheme, self.address.container
        if "://" in path:
            return path
        if scheme in ("sftp", "hdfs"):
            return f"{scheme}://{container}/{path.lstrip('/')}"
        if scheme in ("abfs", "abfss") and "@" in container:
            folder, _, key = path.partition("/")
            return f"{scheme}://{folder}@{container.rpartition('@')[2]}/{key}"
        if scheme in ("file", "memory"):
            return f"{scheme}:///{path.lstrip('/')}"
        return f"{scheme}://{path}"


def connect(address: Address) -> Connection:
    """Return the connection for an address; nothing is sent yet.

    Raises :class:`MissingDriverError`, and what the driver makes of the user's settings.
    """
    return Connection(address)


def _file_system(cls: Any, address: Address) -> AbstractFileSystem:
    """Return a file system, the one that the process has where the same settings made it.

    To make one takes a third of a second for S3, and chunks of a job are opened by the thousand.
    fsspec's own cache would keep credentials that the user has replaced since.
    """
    # Not fsspec.core.url_to_fs: it takes "::" in an object's name for a chain of addresses.
    options = cls._get_kwargs_from_urls(address.text)
    settings = sorted(item for item in os.environ.items() if _SETTINGS.match(item[0]))
    key = hash((os.getpid(), address.scheme, str(options), str(settings)))
    # Another thread may forget them all at any moment, after a failure.
    files = _FILE_SYSTEMS.get(key)
    if files is None:
        files = cls(skip_instance_cache=True, **{**options, **_options(address)})
        if address.driver.package == "s3fs":
            files.retries = 1
        if len(_FILE_SYSTEMS) >= _MOST_FILE_SYSTEMS:
            _FILE_SYSTEMS.clear()
        _FILE_SYSTEMS[key] = files
    files.invalidate_cache()
    return files


def _file_system_class(address: Address) -> Any:
    driver = address.driver
    try:
        import fsspec
    except ImportError:
        raise MissingDriverError(address.shown, _EXTRA) from None
    try:
        if driver.module:
            __import__(driver.module)
        return fsspec.get_filesystem_class(address.scheme)
    except ImportError:
        # s3fs, and the aiohttp that it brings, are part of the extra.
        package = None if driver.package in ("s3fs", "aiohttp") else driver.package
        raise MissingDriverError(address.shown, _EXTRA, package) from None


def _options(address: Address) -> dict[str, Any]:
    """Return a driver's options: timeouts, where it has any, and proxies and .netrc for web addresses."""
    package = address.driver.package
    if package == "s3fs":
        config = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": _READ_SECONDS,
            # s3fs tries again itself.
            "retries": {"total_max_attempts": 1},
        }
        return {"config_kwargs": config}
    if package == "aiohttp":
        import aiohttp

        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=_READ_SECONDS
        )
        return {"client_kwargs": {"trust_env": True, "timeout": timeout}}
    if package == "paramiko":
        return {
            "timeout": CONNECT_SECONDS,
            "banner_timeout": _READ_SECONDS,
            "auth_timeout": _READ_SECONDS,
        }
    return {}


def _within(seconds: float, function: Callable[[], _T], address: Address) -> _T:
    """Return what a function returns, for a driver that might wait for ever."""
    results: list[_T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(function())
        except Exception as error:  # noqa: BLE001 - raised below
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name=f"storage-{os.getpid()}")
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise AddressUnreachableError(
            address.shown,
            f"cannot be reached: there was no answer for {seconds:.0f} seconds",
            "Check the address, the network and the proxy",
        )
    return results[0]
