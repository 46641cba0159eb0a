"""Assets over HTTP: added, changed, read and removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall


async def test_assets_are_added_changed_read_and_removed(
    api: ApiCall, model: str, root: Path
) -> None:
    """The sidebar's section of assets (issue 6)."""
    (root / "libs").mkdir()
    (root / "libs" / "needs.txt").write_text("six\n")
    status, _ = await api("POST", f"models/{model}/assets", {"path": "libs/needs.txt"})
    changed, _ = await api(
        "PATCH", f"models/{model}/assets/needs.txt", {"role": "Required libraries"}
    )
    _, listed = await api("GET", f"models/{model}/assets")
    _, content = await api("GET", f"models/{model}/content/needs.txt")
    removed, _ = await api("DELETE", f"models/{model}/assets/needs.txt")
    missing, problem = await api("GET", f"models/{model}/assets/needs.txt")

    assert (status, changed, removed, missing) == (201, 200, 200, 404)
    assert [(asset["path"], asset["role"]) for asset in listed] == [
        ("double.py", "MODEL_SOURCE"),
        ("needs.txt", "REQUIRED_LIBRARIES"),
    ]
    assert (content["text"], content["is_whole"], content["size"]) == ("six\n", True, 4)
    assert problem["code"] == "asset_not_found"


@pytest.mark.parametrize("spelling", ["data%2Fw.bin", "data/w.bin"])
async def test_an_asset_in_a_folder_is_named_with_its_slash(
    api: ApiCall, model: str, workspace: Workspace, root: Path, spelling: str
) -> None:
    """Some proxies decode it on the way, some do not."""
    (root / "data").mkdir()
    (root / "data" / "w.bin").write_bytes(os.urandom(64) + b"\0")
    workspace.asset_add(model, "data/w.bin", folder=root)
    status, content = await api("GET", f"models/{model}/content/{spelling}")

    assert (status, content["path"], content["text"]) == (200, "data/w.bin", None)


@pytest.mark.parametrize("path", ["..%2F..%2Fetc%2Fhosts", "%2Fetc%2Fhosts", "a%00b", "..%5Cx"])
async def test_an_asset_is_only_what_the_model_has(api: ApiCall, model: str, path: str) -> None:
    """Its path is a name in the registry, never a way into the disk."""
    status, problem = await api("GET", f"models/{model}/content/{path}")

    assert status in (400, 404)
    assert problem["code"] in ("request", "asset_not_found")


async def test_the_role_of_a_file_is_guessed_by_its_name(api: ApiCall) -> None:
    """Before it is added: the form offers the role that adding without one would give."""
    paths = ["a/requirements.txt", "baseline.csv", "notes.xyz"]
    status, guessed = await api("POST", "roles/guesses", {"paths": paths})

    assert status == 200
    assert [(row["path"], row["role"]) for row in guessed] == [
        ("a/requirements.txt", "REQUIRED_LIBRARIES"),
        ("baseline.csv", "BASELINE_DATA"),
        ("notes.xyz", "UNKNOWN"),
    ]
