"""A JupyterHub of the tests' own: its proxy, its single-user servers and their homes are in one folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.ports import free_port
from tests.waiting import PATIENCE, wait_until

USERS = ("ada", "grace")
PASSWORD = "together"
# What a program has that may reach the servers of one user, and nothing else.
SERVICE_TOKEN = "service-of-ada"
_MANAGER_TOKEN = "manages-the-hub"
_CONFIG = """\
c.JupyterHub.bind_url = {address!r}
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
# Both servers start at the same time.
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 0}}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.Authenticator.allowed_users = {users!r}
# All servers run as the system's user that runs the tests: only the hub tells them apart.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {folder!r} + "/users/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
c.Spawner.environment = {environment!r}
c.JupyterHub.services = [
    {{"name": "manager", "api_token": {manager!r}}},
    {{"name": "caller", "api_token": {service!r}}},
]
c.JupyterHub.load_roles = [
    {{"name": "manages", "scopes": ["admin:users", "admin:servers", "tokens"], "services": ["manager"]}},
    {{"name": "calls", "scopes": ["access:servers!user=ada"], "services": ["caller"]}},
]
"""


@dataclass(frozen=True)
class Hub:
    """A hub that answers; ``tokens`` are those of the users."""

    address: str
    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)

    def call(self, path: str, token: str, body: Any = None, method: str = "") -> tuple[int, Any]:
        """Send a request through the proxy; return the status and the JSON of the answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.address}{path}",
            data=data,
            method=method or ("GET" if body is None else "POST"),
            headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, None

    def api(self, user: str, path: str, body: Any = None) -> Any:
        """Ask ModelOp's REST API on a user's server, with the user's own token."""
        status, answer = self.call(f"/user/{user}/modelop-jupyter/{path}", self.tokens[user], body)
        assert status < 300, (status, path)
        return answer

    def home(self, user: str) -> Path:
        """The home folder of a user."""
        return self.folder / "users" / user

    def start_server(self, user: str) -> None:
        """Start the server of a user as the hub's own page does, and have a token made for the user."""
        status, made = self.call(f"/hub/api/users/{user}/tokens", _MANAGER_TOKEN, {"note": "tests"})
        assert status == 201, status
        self.tokens[user] = made["token"]
        self.call(f"/hub/api/users/{user}/server", _MANAGER_TOKEN, {})

    def is_ready(self, user: str) -> bool:
        """Say whether the server of a user answers the user."""
        return self.call(f"/user/{user}/api/status", self.tokens[user])[0] == 200


@contextmanager
def running_hub(folder: Path, proxy: str, variables: Mapping[str, str]) -> Iterator[Hub]:
    """Start a hub with a server for each user; ``variables`` are those of the servers."""
    address = f"http://127.0.0.1:{free_port()}"
    config = _CONFIG.format(
        address=address,
        hub_port=free_port(),
        proxy_port=free_port(),
        proxy=proxy,
        python=sys.executable,
        password=PASSWORD,
        users=set(USERS),
        folder=str(folder),
        patience=int(PATIENCE),
        environment=dict(variables),
        manager=_MANAGER_TOKEN,
        service=SERVICE_TOKEN,
    )
    (folder / "jupyterhub_config.py").write_text(config)
    # Node.js is beside Python; the proxy asks for it by its name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with (folder / "hub.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", "jupyterhub_config.py"],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    hub = Hub(address, folder)
    try:
        wait_until(lambda: _answers(hub, process))
        for user in USERS:
            hub.start_server(user)
        wait_until(lambda: all(map(hub.is_ready, USERS)))
        yield hub
    finally:
        _end(process)


def _answers(hub: Hub, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, (hub.folder / "hub.log").read_text()
    try:
        return hub.call("/hub/api/", _MANAGER_TOKEN)[0] == 200
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the hub, its proxy and its servers at once: to stop as users would takes ten seconds."""
    tree = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.kill()
    process.wait()
    for child in tree:
        with suppress(psutil.NoSuchProcess):
            child.kill()


def find_proxy() -> str | None:
    """Return the proxy that tools/hub-proxy.sh found, or the one on the path."""
    return os.environ.get("HUB_PROXY") or shutil.which("configurable-http-proxy")
