"""Tiny packages, a wheelhouse, an index on 127.0.0.1 and a machine without any configuration."""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import BuildStep, Environment, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError
from tests.waiting import PATIENCE


class Wheelhouse:
    """A folder of wheels written by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def add(
        self,
        name: str,
        version: str,
        *,
        requires: tuple[str, ...] = (),
        python: str | None = None,
        tag: str = "py3-none-any",
        module: str | None = None,
        files: tuple[str, ...] = (),
        recorded: bool = False,
    ) -> Path:
        module = module or name.replace("-", "_")
        info = f"{module}-{version}.dist-info"
        metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
        metadata += [f"Requires-Dist: {item}" for item in requires]
        metadata += [f"Requires-Python: {python}"] if python else []
        init = f"__version__ = {version!r}\n\ndef main():\n    print({name!r}, __version__)\n"
        wheel = f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: {tag}\n"
        content = dict.fromkeys(files, "") or {f"{module}/__init__.py": init}
        content |= {
            f"{info}/METADATA": "\n".join(metadata) + "\n",
            f"{info}/WHEEL": wheel,
            f"{info}/entry_points.txt": f"[console_scripts]\n{name}-run = {module}:main\n",
        }
        lines = [f"{path},{_digest(text) if recorded else ''},\n" for path, text in content.items()]
        content[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"])
        target = self.path / f"{module}-{version}-{tag}.whl"
        with zipfile.ZipFile(target, "w") as archive:
            for path, text in content.items():
                archive.writestr(path, text)
        return target

    def hash_of(self, file: Path) -> str:
        return "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()


def _digest(text: str) -> str:
    """Return a digest as RECORD spells it."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return "sha256=" + digest.decode().rstrip("=")


class Index:
    """A simple package index (PEP 503), behind a password if one is set; hashes only if it shall.

    With ``tls`` it has a certificate, and its addresses begin with https.
    """

    def __init__(self, wheelhouse: Wheelhouse, *, tls: ssl.SSLContext | None = None) -> None:
        self.wheelhouse = wheelhouse
        self.password: str | None = None
        self.has_hashes = False
        self.requests: list[str] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.requests.append(self.path)
                self._answer(*index.answer(self.path, self.headers.get("Authorization")))

            def do_HEAD(self) -> None:
                self.do_GET()

            def _answer(self, code: int, kind: str, body: bytes) -> None:
                self.send_response(code)
                if code == 401:
                    self.send_header("WWW-Authenticate", 'Basic realm="index"')
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "https" if tls else "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.address}/simple"

    def stop(self) -> None:
        """Refuse connections from now on; the port is kept, so that nobody else is given it."""
        self.server.shutdown()
        self.server.server_close()
        self.server.socket = socket.socket()
        self.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.socket.bind(("127.0.0.1", self.server.server_port))

    def answer(self, path: str, authorization: str | None) -> tuple[int, str, bytes]:
        if path.startswith("/open/"):
            return 404, "text/plain", b"nothing is here, for nobody"
        expected = base64.b64encode(f"user:{self.password}".encode()).decode()
        if self.password and authorization != f"Basic {expected}":
            return 401, "text/plain", b"who are you?"
        parts = path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2:
            wheels = [file.name for file in sorted(self.wheelhouse.path.glob("*.whl"))]
            names = [w for w in wheels if w.split("-")[0].replace("_", "-") == parts[1]]
            links = "".join(
                f'<a href="/files/{name}{self._hash(name)}">{name}</a>\n' for name in names
            )
            return (200, "text/html", links.encode()) if names else (404, "text/plain", b"no")
        if parts == ["links"]:
            names = [file.name for file in sorted(self.wheelhouse.path.glob("*.whl"))]
            links = "".join(f'<a href="/files/{name}">{name}</a>\n' for name in names)
            return 200, "text/html", links.encode()
        file = self.wheelhouse.path / parts[-1]
        if parts[0] == "files" and file.is_file():
            return 200, "application/octet-stream", file.read_bytes()
        return 404, "text/plain", b"no"

    def _hash(self, name: str) -> str:
        hashed = self.wheelhouse.hash_of(self.wheelhouse.path / name).replace(":", "=")
        return f"#{hashed}" if self.has_hashes else ""


@pytest.fixture
def wheelhouse(tmp_path: Path) -> Wheelhouse:
    return Wheelhouse(tmp_path / "wheels")


@pytest.fixture
def make_index() -> Iterator[Callable[..., Index]]:
    """Serve another wheelhouse."""
    made: list[Index] = []

    def make(wheelhouse: Wheelhouse, **more: ssl.SSLContext) -> Index:
        made.append(Index(wheelhouse, **more))
        return made[-1]

    yield make
    for index in made:
        index.server.shutdown()
        index.server.server_close()


@pytest.fixture
def index(wheelhouse: Wheelhouse, make_index: Callable[..., Index]) -> Index:
    return make_index(wheelhouse)


@pytest.fixture
def make_wheelhouse(tmp_path: Path) -> Callable[[str], Wheelhouse]:
    """Make another wheelhouse."""
    return lambda name: Wheelhouse(tmp_path / name)


@pytest.fixture
def run_in() -> Callable[[Environment, str], str]:
    """Execute code as the runner does: isolated, with the environment's own interpreter."""

    def run(environment: Environment, code: str) -> str:
        command = [environment.python, "-I", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run


@pytest.fixture
def leftovers() -> Callable[[Path], list[str]]:
    """List what a build left behind in a root."""
    return lambda root: [path.name for path in root.glob(".building-*")]


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a user without any pip configuration, with an empty package cache."""
    home = tmp_path / "user"
    home.mkdir()
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_RETRIES": "0",
        # A server that answers late on a busy machine has not failed.
        "PIP_DEFAULT_TIMEOUT": f"{PATIENCE:.0f}",
    }


@pytest.fixture
def offline(machine: dict[str, str], wheelhouse: Wheelhouse) -> dict[str, str]:
    """That machine with the wheelhouse as its only source of packages."""
    return {**machine, "PIP_FIND_LINKS": str(wheelhouse.path)}


@pytest.fixture
def steps() -> list[BuildStep]:
    return []


@pytest.fixture
def manager(tmp_path: Path, offline: dict[str, str], steps: list[BuildStep]) -> EnvironmentManager:
    return EnvironmentManager(tmp_path / "environments", progress=steps.append, environ=offline)


@pytest.fixture
def make_spec() -> Callable[..., EnvironmentSpec]:
    """Make the specification of a model whose requirements.txt is this text."""

    def make(text: str, **more: str) -> EnvironmentSpec:
        files = {"requirements.txt": text.encode()}
        files |= {name.replace("_txt", ".txt"): body.encode() for name, body in more.items()}
        return EnvironmentSpec(files=files, holders=("requirements.txt",))

    return make


@pytest.fixture(scope="session")
def shared_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One root for all failures, so that pip is unpacked once."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
def lock_error(
    shared_root: Path, offline: dict[str, str], make_spec: Callable[..., EnvironmentSpec]
):
    """Lock a text that cannot be locked and return the error."""

    def attempt(text: str, installer: str = "uv", **more: str) -> EnvironmentBuildError:
        manager = EnvironmentManager(shared_root, environ={**offline, **more}, installer=installer)
        with pytest.raises(EnvironmentBuildError) as caught:
            manager.lock(make_spec(text))
        return caught.value

    return attempt
