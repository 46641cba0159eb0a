"""Export and import over HTTP: as a download and an upload, and by paths of the file browser."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.server.rest import dispatch
from tests.server.conftest import ApiCall

Fetch = Callable[..., Awaitable[Any]]
ZIP = {"Content-Type": "application/zip"}


async def test_a_download_is_taken_in_again_as_an_upload(
    jp_fetch: Fetch, workspace: Workspace, model: str
) -> None:
    """The same snapshot, though the model was removed meanwhile; the temporary folder is gone."""
    ref = workspace.snapshot(model).ref
    sent = await jp_fetch("modelop-jupyter", "models", ref, "export")
    workspace.remove(model)
    taken = await jp_fetch(
        "modelop-jupyter", "imports", "upload", method="POST", body=sent.body, headers={**ZIP}
    )

    assert sent.headers["Content-Disposition"].endswith(f"{model}-1.zip")
    assert taken.code == 201
    assert workspace.show(model).snapshots[0].number == 1


async def test_any_format_is_downloaded_as_a_zip(jp_fetch: Fetch, model: str) -> None:
    """Also those that the verb writes as a folder."""
    sent = await jp_fetch("modelop-jupyter", "models", model, "export", params={"format": "git"})
    names = zipfile.ZipFile(io.BytesIO(sent.body)).namelist()

    assert f"{model}.py" in names


async def test_paths_are_those_of_the_file_browser(
    api: ApiCall, root: Path, workspace: Workspace, model: str
) -> None:
    """Nothing outside of it is written or read."""
    status, exported = await api("POST", f"models/{model}/export", {"path": "out.zip"})
    outside, _ = await api("POST", f"models/{model}/export", {"path": "../out.zip"})
    workspace.remove(model)
    taken, imported = await api("POST", "imports", {"path": "out.zip"})
    refused, _ = await api("POST", "imports", {"path": "../out.zip"})

    assert (status, exported["path"], exported["format"]) == (201, "out.zip", "modelop")
    assert (root / "out.zip").is_file()
    assert (taken, imported["registration"]["model"]["name"]) == (201, model)
    assert (outside, refused) == (403, 403)
    assert not (root.parent / "out.zip").exists()


async def test_an_upload_that_is_no_export_is_refused(
    api: ApiCall, jp_fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words that name no temporary file; and one that is too large, before it is looked at."""

    async def refusal(data: bytes) -> tuple[int, str]:
        answer = await jp_fetch(
            "modelop-jupyter", "imports", "upload",
            method="POST", body=data, headers={**ZIP}, raise_error=False,
        )  # fmt: skip
        return answer.code, answer.body.decode()

    status, wrong = await refusal(b"no zip")
    monkeypatch.setattr(dispatch, "MAX_UPLOAD_BYTES", 5)
    large, too_large = await refusal(b"no zip")

    assert status == 422
    assert "The uploaded file cannot be read as an export: it is not a readable zip file" in wrong
    assert "modelop-import-" not in wrong
    assert (large, "too_large" in too_large) == (413, True)
