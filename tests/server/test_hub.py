"""A server whose root is the user's home, as a Hub's are: our own folder lies below it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.server.conftest import ApiCall

pytestmark = pytest.mark.slow


@pytest.fixture
def home(jp_root_dir: Path, environments: Path) -> Path:
    """The home folder that the server uses."""
    home = jp_root_dir / ".local" / "share" / "modelop-jupyter"
    home.mkdir(parents=True)
    (home / "environments").symlink_to(environments)
    return home


@pytest.mark.parametrize(("output", "shown_path"), [(None, None), ("out.json", "out.json")])
async def test_an_output_is_told_where_it_lies(
    api: ApiCall, root: Path, model: str, output: str | None, shown_path: str | None
) -> None:
    """Issue 12, G5: one that the job keeps is no file of the user's."""
    (root / "in.json").write_text('{"x": 1}\n')
    body = {"kind": "batch", "model": model, "inputs": [{"path": "in.json"}]}
    _, job = await api("POST", "jobs", {**body, **({"output": output} if output else {})})
    shown = (await api("GET", f"jobs/{job['id']}"))[1]
    while shown["progress"] is not None:
        await asyncio.sleep(0.1)
        _, shown = await api("GET", f"jobs/{job['id']}")

    assert shown["record"]["result"] == "SUCCESS"
    assert shown["output"] == shown_path
