"""Environments over HTTP: built, proven, pinned and removed."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall
from tests.waiting import PATIENCE, wait_until


@pytest.mark.slow
async def test_an_environment_is_built_proven_pinned_and_removed(api: ApiCall, model: str) -> None:
    """The whole life of an environment, as the sidebar leads it (issue 6)."""
    begun, _ = await api("POST", f"models/{model}/environment", {"wait": False})
    view: dict[str, Any] = {"state": ""}
    while view["state"] != "ready":
        await asyncio.sleep(0.2)
        _, view = await api("GET", f"models/{model}/environment")
    _, proven = await api("POST", f"models/{model}/environment/proof")
    pinned, _ = await api("PUT", f"models/{model}/environment/pin")
    _, cleared = await api("POST", "environments/gc", {"quota": 0, "dry_run": True})
    _, rows = await api("GET", "environments")
    kept, problem = await api("DELETE", f"models/{model}/environment")
    await api("DELETE", f"models/{model}/environment/pin")

    assert (begun, pinned) == (202, 200)
    assert proven["proof"]["missing"] == proven["proof"]["foreign"] == []
    assert [row["models"] for row in rows if row["is_pinned"]] == [[model]]
    assert isinstance(cleared, dict)
    assert (kept, problem["code"]) == (409, "conflict")


@pytest.mark.slow
async def test_a_build_that_fails_says_why(api: ApiCall, workspace: Workspace, root: Path) -> None:
    """The reason and the remedy are shown (issue 6)."""
    (root / "m.py").write_text("# modelop.score\ndef f(r):\n    yield r\n")
    (root / "requirements.txt").write_text("no-such-package-as-this-one==1.0\n")
    workspace.register("m", root / "m.py", assets=[root / "requirements.txt"])
    status, problem = await api("POST", "models/m/environment", {"wait": True})
    _, view = await api("GET", "models/m/environment")
    _, page = await api("GET", "models")

    assert (status, problem["code"]) == (422, "environment_build")
    assert "no-such-package-as-this-one" in problem["message"]
    assert view["state"] == page["rows"][0]["environment"] == "failed"
    assert page["rows"][0]["failure"]


async def test_a_rebuild_is_not_taken_for_a_build_that_is_about_to_end(
    api: ApiCall, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment is shown as ready a moment before that, and can be rebuilt."""
    built: list[bool] = []
    may_end = threading.Event()

    def build(_: Workspace, ref: str, *, rebuild: bool, **options: bool) -> None:
        built.append(rebuild)
        if not rebuild:
            may_end.wait(PATIENCE)

    monkeypatch.setattr(Workspace, "env_build", build)
    await api("POST", f"models/{model}/environment", {"wait": False})
    await api("POST", f"models/{model}/environment", {"wait": False})
    await api("POST", f"models/{model}/environment", {"rebuild": True})
    await asyncio.to_thread(wait_until, lambda: True in built)
    may_end.set()

    assert sorted(built) == [False, True]
