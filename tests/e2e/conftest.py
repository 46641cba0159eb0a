"""A real JupyterLab and a real Chromium, with homes of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.chromium import chromium
from tests.waiting import PATIENCE

from .lab import Lab, LabPage, window
from .serving import serving

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"

# Playwright's own five seconds are short where tests run beside one another on a busy machine.
expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start the Chromium that ``make test`` found or installed.

    It ends with this folder's tests: Playwright's event loop would be in the way of the server's.
    """
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start a JupyterLab whose settings, workspaces and registry are all in a temporary folder.

    Each file has its own: which files follow one another in a process depends on the machine.
    """
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.expose_app_in_browser=True"]
    with serving(tmp_path_factory.mktemp("lab"), command) as lab:
        yield lab


@pytest.fixture
def page(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """Open a fresh browser window on that JupyterLab."""
    with window(browser, lab) as page:
        yield page


@pytest.fixture(scope="module")
def quickstart(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """Open the quickstart as a new user would, and run all its cells."""
    with window(browser, lab) as page:
        page.open(lab.add(QUICKSTART))
        page.run_all()
        yield page
