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

from tests import ports
from tests.waiting import PATIENCE

from .lab import Lab

LAB_SETTINGS = {
    # Cells out of sight would otherwise not be in the page.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
    # A kernel that takes more than a second to complete a word is not waited for otherwise.
    "completer-extension/manager": {"providerTimeout": PATIENCE * 1000},
}
# Kernels get ports that the system gives to nobody else, as in the tests' own process.
SERVER_CONFIG = """\
import runpy
from jupyter_client.connect import LocalPortCache
free_port = runpy.run_path({ports!r})["free_port"]
LocalPortCache.find_available_port = lambda _cache, _ip: free_port()
"""


@contextmanager
def serving(root: Path, command: Sequence[str]) -> Iterator[Lab]:
    """Start a JupyterLab or Notebook whose settings, workspaces and registry are all in a folder."""
    notebooks, home = root / "notebooks", root / "modelop"
    notebooks.mkdir()
    for name, settings in LAB_SETTINGS.items():
        file = root / "config/lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    server_config = SERVER_CONFIG.format(ports=ports.__file__)
    (root / "config" / "jupyter_server_config.py").write_text(server_config)
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "JUPYTER_DATA_DIR": str(root / "data"),
        "JUPYTER_RUNTIME_DIR": str(root / "runtime"),
        "JUPYTERLAB_WORKSPACES_DIR": str(root / "workspaces"),
        "IPYTHONDIR": str(root / "ipython"),
        "MODELOP_HOME": str(home),
    }
    port, token, log = ports.free_port(), "e2e", root / "server.log"
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
    if server.poll() is not None:
        # It has ended by itself: its process id may be another's by now.
        return
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
