"""What package indexes list of the versions in a lock: their files, and which of them are yanked (PEP 592).

The pages are JSON where an index has it (PEP 691), else HTML (PEP 503). They are kept for as long
as the index says, so that a second question costs little.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urlsplit

from modelop_jupyter.environments.installers.indexes import Indexes
from modelop_jupyter.environments.lock.pylock import Pin

if TYPE_CHECKING:
    import requests

FOLDER = "index-pages"
_DEFAULT_INDEX = "https://pypi.org/simple"
_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_SECONDS = 20.0
_CONNECTING = 5.0
_AT_ONCE = 8
_UNLISTED = "no index lists it"


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of a package; ``yanked`` is the reason if it is yanked, which may be empty, else None."""

    name: str
    yanked: str | None = None
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of each package's locked version, by the package's name.

    ``unanswered`` has for every other package why it is not known which files there are.
    """

    files: Mapping[str, tuple[ListedFile, ...]]
    unanswered: Mapping[str, str]


class _UnansweredError(Exception):
    """An index gave no answer; the message says why, without its address."""


def list_files(
    pins: Sequence[Pin], indexes: Indexes, cache: Path, *, seconds: float = _SECONDS
) -> Listing:
    """Ask every index for the files of the locked versions; one request for each package and index.

    Packages that come from elsewhere, such as a repository or an asset, are left out. What is not
    answered after so many ``seconds`` is given up. ``cache`` is the folder of the pages.
    """
    asked = [pin for pin in pins if pin.version and not pin.vcs and not pin.archive]
    if indexes.no_index or indexes.is_offline:
        why = "no index is used"
        return Listing({}, {pin.name: why for pin in asked})
    addresses = (indexes.index_url or _DEFAULT_INDEX, *indexes.extra_index_urls)
    readers = [_Index(address, indexes, cache) for address in dict.fromkeys(addresses)]
    files: dict[str, tuple[ListedFile, ...]] = {}
    unanswered: dict[str, str] = {}
    with _without_warnings(indexes):
        for pin, answer in _ask_all(asked, readers, seconds):
            if isinstance(answer, str):
                unanswered[pin.name] = answer
            else:
                files[pin.name] = answer
    return Listing(files, unanswered)


@contextmanager
def _without_warnings(indexes: Indexes) -> Iterator[None]:
    """Keep urllib3 from warning of a host that the user trusts by name.

    Filters are those of the whole process, and another thread may have set its own for a moment:
    without such a host they are left alone.
    """
    from urllib3.exceptions import InsecureRequestWarning

    if not indexes.trusted_hosts:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureRequestWarning)
        yield


def _ask_all(
    pins: Sequence[Pin], readers: Sequence[_Index], seconds: float
) -> Iterator[tuple[Pin, tuple[ListedFile, ...] | str]]:
    """Yield for each package its files, or why they are not known."""
    pool = ThreadPoolExecutor(_AT_ONCE, "modelop-index")
    pages = {pin.name: [pool.submit(reader.files, pin.name) for reader in readers] for pin in pins}
    wait([page for several in pages.values() for page in several], timeout=seconds)
    # What is still asked for ends by its own time limit, and nobody waits for it.
    pool.shutdown(wait=False, cancel_futures=True)
    for pin in pins:
        try:
            found = [file for page in pages[pin.name] for file in _answer(page, seconds)]
        except _UnansweredError as error:
            yield pin, str(error)
        else:
            yield pin, tuple(file for file in found if _is_of(file.name, pin)) or _UNLISTED


def _answer(page: Future[Sequence[ListedFile]], seconds: float) -> Sequence[ListedFile]:
    if page.cancelled() or not page.done():
        raise _UnansweredError(f"there was no answer in {seconds:g} s")
    return page.result()


def _is_of(name: str, pin: Pin) -> bool:
    """Say whether a file is the wheel or source distribution of a version."""
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )
    from packaging.version import InvalidVersion, Version

    try:
        if name.endswith(".whl"):
            version = parse_wheel_filename(name)[1]
        else:
            version = parse_sdist_filename(name)[1]
        return version == Version(pin.version)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return False


class _Index:
    """One index. After it could not be reached once it is not asked again."""

    def __init__(self, address: str, indexes: Indexes, cache: Path) -> None:
        self._address = address.rstrip("/")
        self._indexes = indexes
        self._cache = cache
        self._failure: str | None = None
        self._shared: requests.Session | None = None
        self._host = urlsplit(address).hostname or "the index"
        if not self._is_folder:
            self._shared = _session(indexes, cache)

    @property
    def _is_folder(self) -> bool:
        return "://" not in self._address or self._address.startswith("file:")

    def files(self, package: str) -> Sequence[ListedFile]:
        """Return all files that are listed for a package; raises :class:`_UnansweredError`."""
        if self._shared is None:
            return _in_folder(self._address, package)
        if self._failure:
            raise _UnansweredError(self._failure)
        return self._fetched(self._shared, package)

    def _fetched(self, session: requests.Session, package: str) -> Sequence[ListedFile]:
        import requests

        address = f"{self._address}/{package}/"
        try:
            answer = session.get(
                address,
                headers={"Accept": _ACCEPT},
                timeout=(_CONNECTING, _SECONDS),
                verify=self._verification,
            )
        except requests.ConnectionError:
            self._failure = f"{self._host} cannot be reached"
            raise _UnansweredError(self._failure) from None
        except requests.RequestException:
            raise _UnansweredError(f"{self._host} gave no answer") from None
        if answer.status_code == 404:
            return ()
        if not answer.ok:
            raise _UnansweredError(f"{self._host} answers with status {answer.status_code}")
        kind = answer.headers.get("Content-Type", "")
        try:
            return from_json(answer.json()) if "json" in kind else from_html(answer.text)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise _UnansweredError(f"the answer of {self._host} cannot be read") from None

    @property
    def _verification(self) -> bool | str:
        parts = urlsplit(self._address)
        hosts = {self._host, parts.netloc.rpartition("@")[2]}
        if hosts & set(self._indexes.trusted_hosts):
            return False
        return self._indexes.cert or True


def _session(indexes: Indexes, cache: Path) -> requests.Session:
    import requests
    from cachecontrol import CacheControl
    from cachecontrol.caches import FileCache

    session = requests.Session()
    session.cert = indexes.client_cert
    if indexes.proxy:
        session.proxies = dict.fromkeys(("http", "https"), indexes.proxy)
    # Pages may be those of a private index.
    return CacheControl(session, cache=FileCache(cache, filemode=0o600, dirmode=0o700))


def _in_folder(address: str, package: str) -> Sequence[ListedFile]:
    """Return what an index that is a folder lists."""
    from urllib.request import url2pathname

    path = url2pathname(urlsplit(address).path) if "://" in address else address
    page = Path(path) / package / "index.html"
    try:
        return from_html(page.read_text("utf-8", "replace"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _UnansweredError(f"{page} cannot be read: {error.strerror}") from None


def from_json(page: Mapping[str, Any]) -> Sequence[ListedFile]:
    """Return the files of a page in JSON (PEP 691)."""
    if not str(page["meta"]["api-version"]).startswith("1."):
        raise ValueError("another version of the API")
    return [
        ListedFile(
            str(file["filename"]),
            _yanked(file.get("yanked", False)),
            tuple(f"{name}:{value}" for name, value in file.get("hashes", {}).items()),
        )
        for file in page["files"]
    ]


def _yanked(value: object) -> str | None:
    if value is False or value is None:
        return None
    return value if isinstance(value, str) else ""


def from_html(page: str) -> Sequence[ListedFile]:
    """Return the files of a page in HTML (PEP 503)."""
    reader = _Links()
    reader.feed(page)
    reader.close()
    return reader.files


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.files: list[ListedFile] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = values.get("href")
        if tag != "a" or not address:
            return
        path, fragment = urldefrag(address)
        name, _, value = fragment.partition("=")
        self.files.append(
            ListedFile(
                unquote(urlsplit(path).path.rpartition("/")[2]),
                (values["data-yanked"] or "") if "data-yanked" in values else None,
                (f"{name}:{value}",) if value else (),
            )
        )
