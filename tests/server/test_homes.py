"""The home folder that a server uses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import ApiCall

pytestmark = pytest.mark.slow


@pytest.fixture
def jp_server_config(
    home: Path, monkeypatch: pytest.MonkeyPatch, jp_server_config: dict[str, Any]
) -> dict[str, Any]:
    """A server that is told its home by a relative path."""
    monkeypatch.chdir(home.parent)
    monkeypatch.setenv("MODELOP_HOME", "elsewhere")
    return {**jp_server_config, "ModelOpExtension": {"home": home.name}}


async def test_a_relative_home_is_made_absolute_once(api: ApiCall, home: Path) -> None:
    """Issue 12, G4: the server works, and its kernels are told what it has taken."""
    status, _ = await api("GET", "models")

    assert status == 200
    assert os.environ["MODELOP_HOME"] == str(home)
    assert (home / "registry.db").exists()
