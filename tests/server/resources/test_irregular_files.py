"""Pipes, devices and links below the server's root: refused in a sentence, never waited for."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall
from tests.waiting import PATIENCE

SOURCE = "# modelop.score\ndef score(r):\n    return r\n"


@pytest.fixture
def pipe(root: Path) -> Path:
    """A pipe that nobody writes to."""
    os.mkfifo(root / "pipe.json")
    os.mkfifo(root / "pipe.ipynb")
    os.mkfifo(root / "pipe.py")
    return root / "pipe.json"


async def test_jobs_on_a_pipe_are_refused_and_nobody_waits(
    api: ApiCall, model: str, pipe: Path
) -> None:
    """Twelve of them stopped the whole server."""
    body = {"kind": "batch", "model": model, "inputs": [{"path": pipe.name}]}
    answers = await asyncio.wait_for(
        asyncio.gather(*(api("POST", "jobs", body) for _ in range(12))), PATIENCE
    )

    assert {status for status, _ in answers} == {422}
    assert answers[0][1]["message"].endswith("pipe.json: is a pipe, not a file")
    assert (await api("GET", "jobs"))[1]["total"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("models", {"name": "m", "path": "pipe.py"}),
        ("models", {"name": "m", "notebook": "pipe.ipynb"}),
        ("previews", {"name": "m", "notebook": "pipe.ipynb"}),
        ("models", {"name": "m", "path": "double.py", "assets": [{"path": "pipe.json"}]}),
        ("models/double/assets", {"path": "pipe.json"}),
    ],
)
async def test_a_pipe_is_registered_as_nothing(
    api: ApiCall, model: str, pipe: Path, path: str, body: Any
) -> None:
    """Sources, notebooks and assets are files."""
    status, problem = await asyncio.wait_for(api("POST", path, body), PATIENCE)

    assert status == 422
    assert "a pipe" in problem["message"]


@pytest.mark.parametrize("path", ["models", "previews"])
async def test_links_out_of_a_folder_are_refused_by_name(
    api: ApiCall, root: Path, path: str
) -> None:
    """What they name would have been in the model, its export and its content."""
    (root / "folder").mkdir()
    (root / "folder" / "model.py").write_text(SOURCE)
    (root / "folder" / "p.txt").symlink_to("/etc/passwd")
    status, problem = await api("POST", path, {"name": "m", "path": "folder"})

    assert (status, problem["code"]) == (422, "link_outside")
    assert "p.txt" in problem["message"]


@pytest.mark.slow
async def test_an_output_that_becomes_a_link_out_is_not_read(
    api: ApiCall, root: Path, workspace: Workspace, model: str
) -> None:
    """Swapped after the job, it showed whatever the server may read."""
    (root / "in.json").write_text('{"x": 1}\n')
    (root.parent / "secret.json").write_text('"secret"\n')
    body = {"kind": "batch", "model": model, "inputs": [{"path": "in.json"}], "output": "out.json"}
    _, job = await api("POST", "jobs", body)
    await asyncio.to_thread(workspace.job(job["id"]).wait, PATIENCE)
    whole = await api("GET", f"jobs/{job['id']}/records")
    (root / "out.json").unlink()
    (root / "out.json").symlink_to(root.parent / "secret.json")
    status, problem = await api("GET", f"jobs/{job['id']}/records")

    assert whole[1]["rows"] == [{"y": 2}]
    assert (status, "secret" in str(problem)) == (409, False)
    assert "leads out" in problem["message"]
