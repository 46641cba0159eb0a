"""A server that is told to stop does so: what nobody waits for any more does not hold it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings
from tests.conftest import SlowPackages
from tests.ports import free_port
from tests.waiting import PATIENCE

Post = Callable[..., Any]


@pytest.fixture
def own_home(tmp_path: Path) -> Path:
    """A home in which a model waits for a package that never comes."""
    home = tmp_path / "own-home"
    (tmp_path / "double.py").write_text("# modelop.score\ndef score(r):\n    yield r\n")
    (tmp_path / "requirements.txt").write_text("large\n")
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        workspace.register("double", tmp_path / "double.py", assets=[tmp_path / "requirements.txt"])
    return home


@pytest.fixture
def server(own_home: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Post]]:
    """A server that is a process of its own, and a way to ask it."""
    port = free_port()
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--IdentityProvider.token=t"]
    command += [f"--ServerApp.root_dir={tmp_path}", "--ServerApp.port_retries=0"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "MODELOP_HOME": str(own_home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def post(path: str, body: Any) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/modelop-jupyter/{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": "token t", "Content-Type": "application/json"},
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError:
                raise
            except OSError:
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.2)

    yield process, post
    with suppress(ProcessLookupError):
        process.kill()
    process.wait()


@pytest.mark.slow
def test_a_build_that_hangs_does_not_hold_it(
    slow_packages: SlowPackages, server: tuple[subprocess.Popen[bytes], Post]
) -> None:
    """The next job builds the environment; Ctrl-C in a terminal must not wait for an index."""
    slow_packages.add("large", 1_000_000)
    slow_packages.hold()
    process, post = server
    post("models/double/environment", {"wait": False})
    while not slow_packages.served:
        time.sleep(0.05)

    process.terminate()

    assert process.wait(timeout=PATIENCE) is not None


def test_requests_on_a_pipe_do_not_hold_it(
    tmp_path: Path, server: tuple[subprocess.Popen[bytes], Post]
) -> None:
    """They took all threads, and not even SIGTERM ended the server."""
    os.mkfifo(tmp_path / "pipe.json")
    process, post = server
    body = {"kind": "batch", "model": "double", "inputs": [{"path": "pipe.json"}]}
    with pytest.raises(urllib.error.HTTPError):
        post("jobs", body)

    process.terminate()

    assert process.wait(timeout=PATIENCE) is not None
