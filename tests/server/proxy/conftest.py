"""A deployed model behind a Jupyter server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

SOURCE = """\
# modelop.score
def score(record):
    yield {"y": record["x"] * 2}
"""

Fetch = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
def deployed_home(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[Path]:
    """A home folder in which the model ``double`` answers requests."""
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
def home(deployed_home: Path) -> Path:
    """The home folder that the server uses."""
    return deployed_home


@pytest.fixture
def fetch(
    jp_serverapp: Any, http_server_client: Any, jp_base_url: str, jp_auth_header: dict[str, str]
) -> Fetch:
    """Send a request below ``/deployments/``, as who has the token unless it has headers of its own."""

    async def fetch(path: str, body: Any = None, **options: Any) -> Any:
        options.setdefault("method", "GET" if body is None else "POST")
        options.setdefault("headers", jp_auth_header)
        url = f"{jp_base_url}modelop-jupyter/deployments/{path}"
        return await http_server_client.fetch(
            url, body=body, raise_error=False, follow_redirects=False, **options
        )

    return fetch
