"""What is read of package indexes: JSON or HTML, and nothing that was not said."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from modelop_jupyter.environments.installers import index_pages
from modelop_jupyter.environments.installers.index_pages import Listing, list_files
from modelop_jupyter.environments.installers.indexes import Indexes
from modelop_jupyter.environments.lock.pylock import Pin
from tests.waiting import PATIENCE, wait_until

JSON = "application/vnd.pypi.simple.v1+json"


class Pages:
    """An index of given pages; ``held`` is set while it answers."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str, str]] = {}
        self.headers: dict[str, str] = {}
        self.requests: list[str] = []
        self.credentials: list[str | None] = []
        self.held = Event()
        self.held.set()
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages.requests.append(self.path)
                pages.credentials.append(self.headers["Authorization"])
                pages.held.wait()
                status, kind, body = pages.pages.get(self.path, (404, "text/plain", "no"))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                for name, value in pages.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/simple"

    def add(self, package: str, kind: str, body: str, *, status: int = 200) -> None:
        self.pages[f"/simple/{package}/"] = (status, kind, body)


@pytest.fixture
def pages() -> Iterator[Pages]:
    made = Pages()
    yield made
    made.held.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def ask(pages: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Listing]:
    """Ask that index for version 1.0 of packages."""
    monkeypatch.setattr(index_pages, "_SECONDS", PATIENCE)

    def asked(*packages: str, seconds: float = PATIENCE, **settings: object) -> Listing:
        indexes = Indexes(**{"index_url": pages.address, **settings})  # type: ignore[arg-type]
        pins = [Pin(name, "1.0") for name in packages]
        return list_files(pins, indexes, tmp_path / "pages", seconds=seconds)

    return asked


def named(listing: Listing, package: str) -> dict[str, str | None]:
    return {file.name: file.yanked for file in listing.files[package]}


def test_json_is_read(pages: Pages, ask: Callable[..., Listing]) -> None:
    """Files of other versions, and what is neither wheel nor source distribution, are left out."""
    body = {
        "meta": {"api-version": "1.1"},
        "files": [
            {"filename": "demo-1.0.tar.gz", "hashes": {"sha256": "ab"}, "yanked": "wrong results"},
            {"filename": "demo-1.0-py3-none-any.whl", "hashes": {}, "yanked": True},
            {"filename": "demo-1.0.0.zip", "hashes": {}},
            {"filename": "demo-1.1.tar.gz", "hashes": {}},
            {"filename": "demo-1.0-py2.7.egg", "hashes": {}},
        ],
    }
    pages.add("demo", JSON, json.dumps(body))
    listing = ask("demo")

    assert named(listing, "demo") == {
        "demo-1.0.tar.gz": "wrong results",
        "demo-1.0-py3-none-any.whl": "",
        "demo-1.0.0.zip": None,
    }
    assert listing.files["demo"][0].hashes == ("sha256:ab",)
    assert listing.unanswered == {}


def test_html_is_read(pages: Pages, ask: Callable[..., Listing]) -> None:
    body = (
        '<a href="../../files/demo-1.0.tar.gz#sha256=ab" data-yanked="wrong &lt; results">demo</a>'
        '<a href="../../files/demo-1.0%2Bcpu-py3-none-any.whl">demo</a>'
        '<a href="demo-1.0-py3-none-any.whl" data-yanked>demo</a><a>no link</a>'
    )
    pages.add("demo", "text/html; charset=utf-8", body)
    listing = ask("demo")

    assert named(listing, "demo") == {
        "demo-1.0.tar.gz": "wrong < results",
        "demo-1.0-py3-none-any.whl": "",
    }
    assert listing.files["demo"][0].hashes == ("sha256:ab",)


def test_the_files_of_all_indexes_count(
    pages: Pages, ask: Callable[..., Listing], tmp_path: Path
) -> None:
    """One may be a folder."""
    pages.add("demo", "text/html", '<a href="demo-1.0.tar.gz">demo</a>')
    folder = tmp_path / "folder" / "demo"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text('<a href="demo-1.0-py3-none-any.whl">demo</a>')
    listing = ask("demo", extra_index_urls=(folder.parent.as_uri(),))

    assert set(named(listing, "demo")) == {"demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"}


def test_credentials_of_the_address_are_sent(pages: Pages, ask: Callable[..., Listing]) -> None:
    pages.add("demo", "text/html", '<a href="demo-1.0.tar.gz">demo</a>')
    listing = ask("demo", index_url=pages.address.replace("://", "://user:pass@"))

    assert listing.unanswered == {}
    assert pages.credentials == ["Basic dXNlcjpwYXNz"]


def test_a_page_is_asked_for_once_while_the_index_lets_it_be_kept(
    pages: Pages, ask: Callable[..., Listing]
) -> None:
    pages.headers["Cache-Control"] = "max-age=600"
    pages.add("demo", "text/html", '<a href="demo-1.0.tar.gz">demo</a>')

    assert named(ask("demo"), "demo") == named(ask("demo"), "demo")
    assert pages.requests == ["/simple/demo/"]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (None, "no index lists it"),
        ((200, "text/html", '<a href="demo-2.0.tar.gz">demo</a>'), "no index lists it"),
        ((401, "text/plain", ""), "127.0.0.1 answers with status 401"),
        ((503, "text/plain", ""), "127.0.0.1 answers with status 503"),
        ((200, JSON, "{"), "the answer of 127.0.0.1 cannot be read"),
        ((200, JSON, "[]"), "the answer of 127.0.0.1 cannot be read"),
        ((200, JSON, '{"meta": {"api-version": "2.0"}}'), "the answer of 127.0.0.1 cannot be read"),
    ],
)
def test_what_is_not_answered_is_said(
    pages: Pages,
    ask: Callable[..., Listing],
    page: tuple[int, str, str] | None,
    reason: str,
) -> None:
    if page:
        pages.add("demo", page[1], page[2], status=page[0])
    listing = ask("demo")

    assert listing.unanswered == {"demo": reason}
    assert listing.files == {}


def test_one_index_without_an_answer_leaves_a_package_unanswered(
    pages: Pages, ask: Callable[..., Listing]
) -> None:
    """What the other one lists may not be all."""
    pages.add("demo", "text/html", '<a href="demo-1.0.tar.gz" data-yanked>demo</a>')
    listing = ask("demo", extra_index_urls=("http://127.0.0.1:9/simple",))

    assert listing.unanswered == {"demo": "127.0.0.1 cannot be reached"}


def test_an_index_that_does_not_answer_is_given_up(
    pages: Pages, ask: Callable[..., Listing]
) -> None:
    pages.held.clear()

    assert ask("demo", seconds=0.1).unanswered == {"demo": "there was no answer in 0.1 s"}


def test_warnings_of_other_threads_are_left_alone(
    pages: Pages, ask: Callable[..., Listing]
) -> None:
    """Filters that were put back later would be those that another thread had for a moment."""
    before = warnings.filters
    pages.held.clear()
    asking = Thread(target=ask, args=("demo",))
    asking.start()
    wait_until(lambda: pages.requests)
    during = warnings.filters
    pages.held.set()
    asking.join(PATIENCE)

    assert during is before


@pytest.mark.parametrize("settings", [{"no_index": True}, {"is_offline": True}])
def test_offline_no_index_is_asked(
    pages: Pages, ask: Callable[..., Listing], settings: dict[str, bool]
) -> None:
    assert ask("demo", **settings).unanswered == {"demo": "no index is used"}
    assert pages.requests == []
