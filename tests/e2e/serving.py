"""A Jupyter server of a test's own: started, waited for, ended."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port
from tests.waiting import PATIENCE

from .lab import Lab

LAB_SETTINGS = {
    # Cells out of sight would otherwise not be in the page.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}


@contextmanager
def serving(root: Path, command: Sequence[str]) -> Iterator[Lab]:
    """Start a JupyterLab or Notebook whose settings, workspaces and registry are all in a folder."""
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
    options = [
        *("--no-browser", "--allow-root", f"--ServerApp.root_dir={notebooks}"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"),
        f"--IdentityProvider.token={token}",
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, *options],
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


def _end(server: subprocess.Popen[bytes]) -> None:
    """Kill the server and its kernels, which would take their time, and hang when one just starts."""
    family = psutil.Process(server.pid).children(recursive=True)
    for process in (server, *family):
        with suppress(psutil.Error):
            process.kill()
    server.wait()


def _wait_until_it_answers(lab: Lab, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{lab.url}/api/status?token={lab.token}", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{lab.log.read_text()}")
