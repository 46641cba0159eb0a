"""What every test shares: nothing of the user's own is read or written."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import tempfile
import time
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from .postgres import Postgres, programs, running

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_FREE_BLOCKS = 3
_DOUBLER = """\
import time

# modelop.init
def begin():
    global factor
    factor = 2

# modelop.score
def score(record):
    time.sleep(record.get("seconds", 0))
    yield {"y": record["x"] * factor}

# modelop.metrics
def metrics(frame):
    yield {"rows_seen": len(frame)}
"""

# On a machine that others keep busy, too, how long an example takes says nothing.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(scope="session", autouse=True)
def homes_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep registry, IPython history and Jupyter settings out of the user's home."""
    folder = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELOP_HOME", str(folder / "modelop"))
        patch.delenv("MODELOP_REGISTRY_URL", raising=False)
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
            patch.setenv(f"JUPYTER_{name}", str(folder / "jupyter" / name.lower()))
        # Hundreds of tests register models whose environment nobody needs.
        patch.setenv("MODELOP_PREPARE", "off")
        # Nor do processes that wait for more jobs.
        patch.setenv("MODELOP_WARM", "off")
        # A user's variables that would reach the child processes under test.
        for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "JPY_SESSION_NAME"):
            patch.delenv(name, raising=False)
        yield folder


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of environments that all homes of a test run share."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; ``make test`` installs one where there is none."""
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL on this machine")
    with running(found) as server:
        yield server


@pytest.fixture
def ordinary_user() -> Iterator[Path]:
    """A folder of an ordinary user, whom the test becomes: root may write anywhere."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if os.getuid() == 0:
        os.seteuid(0)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def doubler() -> str:
    """The cell of a model that doubles ``x``, in as many ``seconds`` as a record says."""
    return _DOUBLER


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    """Undo what a shell does to a job in the background, and all its children would inherit."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell in a folder and a home of its own, which writes no history file."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path / "home"))
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    yield shell
    shell.run_line_magic("unload_ext", "modelop_jupyter")
    shell.restore_sys_module_state()
    InteractiveShell.clear_instance()


class SlowPackages:
    """An index on 127.0.0.1 (PEP 503, 658) whose wheels come slowly; ``served`` are those fetched.

    What is held stops in the middle of a wheel until it is released.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.served: list[str] = []
        self._may_go_on = Event()
        self.release()
        packages = self

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *arguments: Any) -> None:
                super().__init__(*arguments, directory=str(folder))

            def copyfile(self, source: Any, outputfile: Any) -> None:
                if not self.path.endswith(".whl"):
                    super().copyfile(source, outputfile)
                    return
                packages.served.append(self.path.rpartition("/")[2])
                for number, block in enumerate(iter(lambda: source.read(64_000), b"")):
                    if number == _FREE_BLOCKS:
                        packages._may_go_on.wait(60)
                    outputfile.write(block)
                    time.sleep(0.1)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        Thread(target=self.server.serve_forever, daemon=True).start()

    def hold(self) -> None:
        """Let wheels come to a halt after some blocks."""
        self._may_go_on.clear()

    def release(self) -> None:
        """Let wheels come to their end."""
        self._may_go_on.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/simple/"

    def add(self, name: str, size: int) -> None:
        """Put version 1.0 of a package there, with so many bytes that cannot be compressed."""
        info, wheel = f"{name}-1.0.dist-info", f"{name}-1.0-py3-none-any.whl"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
        content: dict[str, bytes] = {
            f"{name}/__init__.py": b"",
            f"{name}/data": os.urandom(size),
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        content[f"{info}/RECORD"] = "".join(
            f"{path},,\n" for path in (*content, f"{info}/RECORD")
        ).encode()
        with zipfile.ZipFile(self.folder / wheel, "w") as archive:
            for path, data in content.items():
                archive.writestr(path, data)
        (self.folder / f"{wheel}.metadata").write_bytes(metadata)
        page = self.folder / "simple" / name.replace("_", "-")
        page.mkdir(parents=True)
        digest = hashlib.sha256((self.folder / wheel).read_bytes()).hexdigest()
        link = f"/{wheel}#sha256={digest}"
        (page / "index.html").write_text(f'<a href="{link}" data-core-metadata="true">{wheel}</a>')


@pytest.fixture
def slow_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowPackages]:
    """Make slow packages all that this process and its children can install."""
    folder = tmp_path / "packages"
    folder.mkdir()
    packages = SlowPackages(folder)
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", packages.url)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    yield packages
    packages.release()
    packages.server.shutdown()
    packages.server.server_close()
