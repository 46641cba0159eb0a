"""A deployed model behind a Jupyter server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

Fetch = Callable[..., Awaitable[Any]]


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
