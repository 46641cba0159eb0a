"""A real JupyterLab and a real Chromium, with homes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from .lab import Lab, LabPage, free_port, window

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"

# Without the networking switches Chromium asks its maker's hosts at every start; a container has
# neither a sandbox for it nor a graphics card.
CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Playwright's own five seconds are short where tests run beside one another.
expect.set_options(timeout=20_000)

LAB_SETTINGS = {
    # Cells out of sight would otherwise not be in the page.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start the Chromium that ``make test`` found or installed.

    It ends with this folder's tests: Playwright's event loop would be in the way of the server's.
    """
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM_PATH") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail("no Chromium found: run `make test`, or deselect with -m 'not browser'")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start a JupyterLab whose settings, workspaces and registry are all in a temporary folder.

    Each file has its own: which files follow one another in a process depends on the machine.
    """
    root = tmp_path_factory.mktemp("lab")
    notebooks, home = root / "notebooks", root / "modelop"
    notebooks.mkdir()
    for name, settings in LAB_SETTINGS.items():
        file = root / "config/lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "JUPYTER_DATA_DIR": str(root / "data"),
        "JUPYTER_RUNTIME_DIR": str(root / "runtime"),
        "JUPYTERLAB_WORKSPACES_DIR": str(root / "workspaces"),
        "IPYTHONDIR": str(root / "ipython"),
        "MODELOP_HOME": str(home),
    }
    port, token, log = free_port(), "e2e", root / "server.log"
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={notebooks}"),
        "--LabApp.expose_app_in_browser=True",
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            cwd=notebooks,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    lab = Lab(f"http://127.0.0.1:{port}", token, notebooks, home, log)
    try:
        _wait_until_it_answers(lab, server)
        yield lab
    finally:
        _end(server)


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
        page.run_all(timeout=240)
        yield page


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=60)
    except subprocess.TimeoutExpired:
        # Its loop has ended; now and then a worker thread of AnyIO's waits on for ever.
        server.kill()
        server.wait()


def _wait_until_it_answers(lab: Lab, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{lab.url}/api/status?token={lab.token}", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{lab.log.read_text()}")
