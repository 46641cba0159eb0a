"""What every test shares: nothing of the user's own is read or written."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import math
import os
import shutil
import signal
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from jupyter_client.connect import LocalPortCache

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

from . import object_store as object_stores
from .object_store import ObjectStore
from .ports import free_port
from .postgres import Postgres, programs, running
from .waiting import PATIENCE

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

_MODEL = """\
# modelop.init
def begin():
    global factor
    factor = 2


# modelop.score
def score(record):
    yield {"y": record["x"] * factor}
"""

# On a machine that others keep busy, too, how long an example takes says nothing. Every run has the
# same examples, so that it tells of the change alone; ``--hypothesis-profile search`` looks for new ones.
for name, is_repeatable in (("repeatable", True), ("search", False)):
    settings.register_profile(
        name,
        deadline=None,
        derandomize=is_repeatable,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("repeatable")


# jupyter_client takes ports that the system gives out to anyone before the kernel has bound them.
LocalPortCache.find_available_port = lambda _cache, _ip: free_port()  # type: ignore[method-assign]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Have two workers for a core: tests wait a good part of their time for pages, polls and clocks."""
    return min(8, (os.cpu_count() or 1) * 2)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give workers the slowest files first: one that comes last would leave the other cores idle.

    A file with a browser is slower than any other, then it is the number of slow tests that counts.
    """
    if not hasattr(config, "workerinput"):
        return
    browser: Counter[Path] = Counter()
    slow: Counter[Path] = Counter()
    for item in items:
        browser[item.path] += item.get_closest_marker("browser") is not None
        slow[item.path] += item.get_closest_marker("slow") is not None
    items.sort(key=lambda item: (-browser[item.path], -slow[item.path]))


@pytest.fixture(scope="session", autouse=True)
def homes_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep registry, IPython history and Jupyter settings out of the user's home."""
    folder = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELOP_HOME", str(folder / "modelop"))
        patch.delenv("MODELOP_REGISTRY_URL", raising=False)
        patch.delenv("MODELOP_ENGINE", raising=False)
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
            patch.setenv(f"JUPYTER_{name}", str(folder / "jupyter" / name.lower()))
        # Hundreds of tests register models whose environment nobody needs.
        patch.setenv("MODELOP_PREPARE", "off")
        # Nor do processes that wait for more jobs.
        patch.setenv("MODELOP_WARM", "off")
        patch.delenv("MODELOP_ACCELERATORS", raising=False)
        # A user's variables that would reach the child processes under test.
        for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "JPY_SESSION_NAME"):
            patch.delenv(name, raising=False)
        yield folder


@pytest.fixture(autouse=True)
def garbage_is_its_own(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect what a test leaves unclosed and may leave: in a later test it is an error."""
    yield
    marks = request.node.iter_markers("filterwarnings")
    if "ignore::ResourceWarning" in [text for mark in marks for text in mark.args]:
        gc.collect()


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


@pytest.fixture(scope="session")
def object_store_server() -> Iterator[ObjectStore]:
    """An S3 server on 127.0.0.1 that all tests share; take ``object_store`` to have it used."""
    with object_stores.running() as server:
        yield server


@pytest.fixture
def object_store(object_store_server: ObjectStore) -> Iterator[ObjectStore]:
    """An S3 server that this process and its children use, by the variables that a user would set."""
    with object_stores.used(object_store_server):
        yield object_store_server


@pytest.fixture
def bucket(object_store: ObjectStore) -> str:
    """The name of an empty bucket."""
    return object_store.new_bucket()


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
    """An index (PEP 503, 658) whose wheels come slowly; ``served`` are those fetched.

    What is held stops in the middle of a wheel until it is released, or held later in it.
    """

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        folder.mkdir()
        self.folder = folder
        self.address = address
        self.served: list[str] = []
        self._allowed = Condition()
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
                    packages._wait_for(number)
                    outputfile.write(block)
                    time.sleep(0.1)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer((address, 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        Thread(target=self.server.serve_forever, daemon=True).start()

    def hold(self, *, after: float = _FREE_BLOCKS) -> None:
        """Let wheels come to a halt after some blocks."""
        with self._allowed:
            self._most = after
            self._allowed.notify_all()

    def release(self) -> None:
        """Let wheels come to their end."""
        self.hold(after=math.inf)

    def _wait_for(self, number: int) -> None:
        """Wait until a block may go."""
        with self._allowed:
            self._allowed.wait_for(lambda: number < self._most)

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.server.server_port}/simple/"

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


@contextlib.contextmanager
def only_packages(
    folder: Path, patch: pytest.MonkeyPatch, *, address: str = "127.0.0.1"
) -> Iterator[SlowPackages]:
    """Make slow packages all that this process and its children can install."""
    packages = SlowPackages(folder / "packages", address)
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        patch.delenv(name)
    patch.setenv("PIP_CONFIG_FILE", os.devnull)
    patch.setenv("PIP_INDEX_URL", packages.url)
    patch.setenv("UV_CACHE_DIR", str(folder / "uv-cache"))
    # A wheel may be held for longer than uv and pip wait by themselves.
    patch.setenv("PIP_DEFAULT_TIMEOUT", f"{PATIENCE:.0f}")
    try:
        yield packages
    finally:
        packages.release()
        packages.server.shutdown()
        packages.server.server_close()


@pytest.fixture
def slow_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowPackages]:
    """Make slow packages all that this process and its children can install."""
    with only_packages(tmp_path, monkeypatch) as packages:
        yield packages


@pytest.fixture
def workspace(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """An empty home, with the test's folder as the working directory."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        yield workspace


@pytest.fixture
def model(workspace: Workspace) -> str:
    """The name of a registered model that doubles ``x``."""
    Path("double.py").write_text(_MODEL)
    workspace.register("double", "double.py")
    return "double"


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a package on the only index there is; ``module`` is what it brings, by default its name."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))

    def add(
        version: str,
        name: str = "demo",
        module: str | None = None,
        *,
        tag: str = "py3-none-any",
    ) -> None:
        stem = f"{name.replace('-', '_')}-{version}"
        metadata, wheel, record = (f"{stem}.dist-info/{x}" for x in ("METADATA", "WHEEL", "RECORD"))
        content = {
            f"{module or name}.py": f"VERSION = {version!r}\n",
            metadata: f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            wheel: f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        content[record] = "".join(f"{path},,\n" for path in [*content, record])
        with zipfile.ZipFile(index / f"{stem}-{tag}.whl", "w") as archive:
            for path, text in content.items():
                archive.writestr(path, text)

    return add
