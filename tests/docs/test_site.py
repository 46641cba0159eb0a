"""The documentation's site: it is built without a warning, and its links lead somewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"


class Page(HTMLParser):
    """The addresses that a page links to, the places in it that can be linked to, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.add(value)
            if name == "id" and value:
                self.places.add(value)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; the notebooks are shown as they are stored, as other tests execute them."""
    folder = tmp_path_factory.mktemp("site")
    options = ["--fail-on-warning", "--keep-going", "--quiet", "-D", "nb_execution_mode=off"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, "-d", folder / "trees", DOCS, folder / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """All pages by their paths."""
    found = sorted(site.glob("*.html")) + sorted(site.glob("*/*.html"))
    return {path: Page(path) for path in found if path.parent.name != "_static"}


def broken(pages: dict[Path, Page]) -> Iterator[str]:
    for path, page in pages.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            place = unquote(address.fragment)
            if not target.exists() or (
                place and target in pages and place not in pages[target].places
            ):
                yield f"{path.name}: {link}"


def test_every_link_of_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    """To a page or file that exists, and to a place within it."""
    assert len(pages) > 100
    assert list(broken(pages)) == []


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("reference/commands.html", "--max-errors N|P%"),
        ("reference/rest.html", "Submit a job; it continues when the server ends."),
        ("reference/python.html", "Return a job by its id or the beginning of it."),
        ("errors/model_not_found.html", "3, not found"),
        ("gallery.html", "AUC 0.9152"),
        ("notebooks/quickstart.html", "%modelop register breast-cancer"),
        ("changelog.html", "Unreleased"),
        ("explanation/figures.html", "uv venv"),
    ],
)
def test_pages_are_made_of_the_code(
    site: Path, pages: dict[Path, Page], page: str, text: str
) -> None:
    """What the grammar, the API's document, docstrings and views say is on their pages."""
    assert text in pages[site / page].text
