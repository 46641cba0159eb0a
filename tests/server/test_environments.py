"""Environments, requirements, snapshots, assets and kernels over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import Ask


async def test_assets_are_added_changed_read_and_removed(ask: Ask, model: str, root: Path) -> None:
    """The sidebar's section of assets (issue 6)."""
    (root / "libs").mkdir()
    (root / "libs" / "needs.txt").write_text("six\n")
    status, _ = await ask("POST", f"models/{model}/assets", {"path": "libs/needs.txt"})
    changed, _ = await ask(
        "PATCH", f"models/{model}/assets/needs.txt", {"role": "Required libraries"}
    )
    _, listed = await ask("GET", f"models/{model}/assets")
    _, content = await ask("GET", f"models/{model}/content/needs.txt")
    removed, _ = await ask("DELETE", f"models/{model}/assets/needs.txt")
    missing, problem = await ask("GET", f"models/{model}/assets/needs.txt")

    assert (status, changed, removed, missing) == (201, 200, 200, 404)
    assert [(each["path"], each["role"]) for each in listed] == [
        ("double.py", "MODEL_SOURCE"),
        ("needs.txt", "REQUIRED_LIBRARIES"),
    ]
    assert (content["text"], content["is_whole"], content["size"]) == ("six\n", True, 4)
    assert problem["code"] == "asset_not_found"


@pytest.mark.parametrize("spelling", ["data%2Fw.bin", "data/w.bin"])
async def test_an_asset_in_a_folder_is_named_with_its_slash(
    ask: Ask, model: str, workspace: Workspace, root: Path, spelling: str
) -> None:
    """Some proxies decode it on the way, some do not."""
    (root / "data").mkdir()
    (root / "data" / "w.bin").write_bytes(os.urandom(64) + b"\0")
    workspace.asset_add(model, "data/w.bin", folder=root)
    status, content = await ask("GET", f"models/{model}/content/{spelling}")

    assert (status, content["path"], content["text"]) == (200, "data/w.bin", None)


@pytest.mark.parametrize("path", ["..%2F..%2Fetc%2Fhosts", "%2Fetc%2Fhosts", "a%00b", "..%5Cx"])
async def test_an_asset_is_only_what_the_model_has(ask: Ask, model: str, path: str) -> None:
    """Its path is a name in the registry, never a way into the disk."""
    status, problem = await ask("GET", f"models/{model}/content/{path}")

    assert status in (400, 404)
    assert problem["code"] in ("request", "asset_not_found")


CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "models/m"),
        ("GET", "models/m/assets"),
        ("GET", "models/m/content/requirements.txt"),
        ("GET", "models/m/requirements"),
        ("POST", "models/m/requirements"),
        ("GET", "models/m/environment"),
        ("GET", "models"),
    ],
)
async def test_a_password_of_an_index_is_in_no_answer(
    ask: Ask, workspace: Workspace, root: Path, method: str, path: str
) -> None:
    """Credentials are used but never shown (issue 4)."""
    (root / "m.py").write_text("# modelop.score\ndef f(r):\n    yield r\n")
    (root / "requirements.txt").write_text(
        f"--extra-index-url https://ada:{CANARY}@127.0.0.1:1/simple\n"
        f"six @ https://ada:{CANARY}@127.0.0.1:1/six.whl\n??? https://ada:{CANARY}@x\n"
    )
    workspace.register("m", root / "m.py", assets=[root / "requirements.txt"])
    status, answer = await ask(method, path)

    assert status == 200
    assert CANARY not in json.dumps(answer)


async def test_snapshots_are_taken_and_listed(ask: Ask, model: str) -> None:
    """Equal content is the same snapshot."""
    status, first = await ask("POST", f"models/{model}/snapshots", {"label": "before"})
    _, second = await ask("POST", f"models/{model}/snapshots")
    _, page = await ask("GET", f"models/{model}/snapshots")
    _, shown = await ask("GET", f"models/{model}@1")

    assert (status, first["ref"], first["name"]) == (201, "double@1", "before")
    assert second == first
    assert (page["total"], page["rows"]) == (1, [first])
    assert (shown["ref"], shown["is_changed"]) == ("double@1", False)


async def test_requirements_show_their_problems_and_are_inferred(
    ask: Ask, workspace: Workspace, root: Path
) -> None:
    """Holders show parsed lines and problems; what is missing is offered (issue 6)."""
    (root / "m.py").write_text("import packaging\n# modelop.score\ndef f(r):\n    yield r\n")
    (root / "requirements.txt").write_text("six\n???\n")
    workspace.register("m", root / "m.py", assets=[root / "requirements.txt"])
    _, report = await ask("GET", "models/m/requirements")
    status, inferred = await ask("POST", "models/m/requirements", {"write": False})

    assert [(row["text"], row["problem"] is None) for row in report["rows"]] == [
        ("six", True),
        ("???", False),
    ]
    assert status == 200
    assert "packaging" in inferred["text"]


@pytest.mark.slow
async def test_an_environment_is_built_proven_pinned_and_removed(ask: Ask, model: str) -> None:
    """The whole life of an environment, as the sidebar leads it (issue 6)."""
    begun, _ = await ask("POST", f"models/{model}/environment", {"wait": False})
    view: dict[str, Any] = {"state": ""}
    while view["state"] != "ready":
        await asyncio.sleep(0.2)
        _, view = await ask("GET", f"models/{model}/environment")
    _, proven = await ask("POST", f"models/{model}/environment/proof")
    pinned, _ = await ask("PUT", f"models/{model}/environment/pin")
    _, cleared = await ask("POST", "environments/gc", {"quota": 0, "dry_run": True})
    _, rows = await ask("GET", "environments")
    kept, problem = await ask("DELETE", f"models/{model}/environment")
    await ask("DELETE", f"models/{model}/environment/pin")

    assert (begun, pinned) == (202, 200)
    assert proven["proof"]["missing"] == proven["proof"]["foreign"] == []
    assert [row["models"] for row in rows if row["is_pinned"]] == [[model]]
    assert isinstance(cleared, dict)
    assert (kept, problem["code"]) == (409, "conflict")


@pytest.mark.slow
async def test_a_build_that_fails_says_why(ask: Ask, workspace: Workspace, root: Path) -> None:
    """The reason and the remedy are shown (issue 6)."""
    (root / "m.py").write_text("# modelop.score\ndef f(r):\n    yield r\n")
    (root / "requirements.txt").write_text("no-such-package-as-this-one==1.0\n")
    workspace.register("m", root / "m.py", assets=[root / "requirements.txt"])
    status, problem = await ask("POST", "models/m/environment", {"wait": True})
    _, view = await ask("GET", "models/m/environment")
    _, page = await ask("GET", "models")

    assert (status, problem["code"]) == (422, "environment_build")
    assert "no-such-package-as-this-one" in problem["message"]
    assert view["state"] == page["rows"][0]["environment"] == "failed"
    assert page["rows"][0]["failure"]


@pytest.mark.slow
async def test_a_kernel_is_installed_listed_and_uninstalled(ask: Ask, model: str) -> None:
    """A notebook or console is opened by the name of the kernel spec (issue 6)."""
    status, made = await ask("POST", f"models/{model}/kernel")
    _, lists = await ask("GET", "kernels")
    _, removed = await ask("DELETE", f"models/{model}/kernel")

    assert (status, made["snapshot"]) == (201, "double@1")
    assert [each["name"] for each in lists["installed"]] == [made["name"]]
    assert [each["name"] for each in removed] == [made["name"]]
