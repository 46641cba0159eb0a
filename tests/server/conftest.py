"""A Jupyter server of its own for every test, with a real home folder behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Imported, not named in pytest_plugins: its loop is for the tests of this folder alone.
from pytest_jupyter.jupyter_core import *  # noqa: F403
from pytest_jupyter.jupyter_server import *  # noqa: F403
from pytest_jupyter.pytest_tornasync import AsyncHTTPServerClient

from modelop_jupyter import Workspace
from modelop_jupyter.server import background_runs, context
from modelop_jupyter.settings import Settings
from tests.waiting import PATIENCE

SOURCE = """\
# modelop.init
def begin():
    global factor
    factor = 2


# modelop.score
def score(record):
    yield {"y": record["x"] * factor}
"""

StatusAndBody = tuple[int, Any]
ApiCall = Callable[..., Awaitable[StatusAndBody]]


async def ended(api: ApiCall, job: str) -> dict[str, Any]:
    """Return a job when it has ended, asked for again and again as a sidebar does."""
    shown: dict[str, Any] = {"progress": {}}
    while shown["progress"] is not None:
        await asyncio.sleep(0.1)
        _, shown = await api("GET", f"jobs/{job}")
    return shown


class PatientClient(AsyncHTTPServerClient):
    """Waits for every answer as long as a busy machine needs, also for one of ten free connections."""

    def fetch(self, path: str, **options: Any) -> Any:
        options |= {"connect_timeout": PATIENCE, "request_timeout": PATIENCE}
        return super().fetch(path, **options)


@pytest.fixture
def http_server_client(http_server: Any, jp_asyncio_loop: Any) -> Iterator[PatientClient]:
    """The client of ``jp_fetch`` and ``api``."""

    async def client() -> PatientClient:
        return PatientClient(http_server=http_server)

    made = jp_asyncio_loop.run_until_complete(client())
    yield made
    made.close()


@pytest.fixture(scope="session", autouse=True)
def servers_end_with_their_threads() -> Iterator[None]:
    """Have a server wait for its threads, which would leave an open database to the next test."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (background_runs, context):
            patch.setattr(module, "_CLOSE_SECONDS", PATIENCE)
        yield


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of environments that all homes of a test run share."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
def home(tmp_path: Path, environments: Path) -> Path:
    """The home folder that the server uses."""
    home = tmp_path / "modelop-home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    return home


@pytest.fixture(scope="session")
def deployed_home(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[Path]:
    """A home folder in which the model ``double`` answers requests, and ``idle`` does not.

    A file of tests makes it its ``home``, and leaves it so.
    """
    folder = tmp_path_factory.mktemp("deployed")
    home = folder / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    (folder / "double.py").write_text(SOURCE)
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        workspace.register("double", folder / "double.py")
        workspace.register("idle", folder / "double.py")
        workspace.deploy("double")
        yield home
        workspace.deployment_stop("double")


@pytest.fixture
def jp_server_config(home: Path) -> dict[str, Any]:
    """Nothing but our extension, and no way in without a token."""
    return {
        "ServerApp": {
            "jpserver_extensions": {"modelop_jupyter": True},
            "allow_unauthenticated_access": False,
        },
        "ModelOpExtension": {"home": str(home)},
    }


@pytest.fixture
def workspace(home: Path) -> Any:
    """Another process's view of the same home, such as a magic's."""
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        yield workspace


@pytest.fixture
def root(jp_root_dir: Path) -> Path:
    """The folder that the server's file browser shows."""
    return jp_root_dir


@pytest.fixture
def model(workspace: Workspace, root: Path) -> str:
    """The name of a registered model that doubles ``x``; its source lies in the root."""
    (root / "double.py").write_text(SOURCE)
    workspace.register("double", root / "double.py")
    return "double"


@pytest.fixture
def api(
    jp_serverapp: Any, http_server_client: Any, jp_base_url: str, jp_auth_header: dict[str, str]
) -> ApiCall:
    """Send a request to the server, and return the status and the parsed body."""

    async def api(method: str, path: str, body: Any = None) -> StatusAndBody:
        options: dict[str, Any] = {"method": method}
        if method in ("POST", "PATCH"):
            options["body"] = body if isinstance(body, (str, bytes)) else json.dumps(body or {})
        elif method == "PUT":
            options["body"] = "" if body is None else json.dumps(body)
        response = await http_server_client.fetch(
            f"{jp_base_url}modelop-jupyter/{path}",
            headers={**jp_auth_header, "Content-Type": "application/json"},
            raise_error=False,
            **options,
        )
        return response.code, json.loads(response.body)

    return api
