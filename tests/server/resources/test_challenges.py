"""Challenges over HTTP: started, followed, stopped, and their last result."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall

pytestmark = pytest.mark.slow

PLAIN = "# modelop.score\ndef score(record):\n    yield record['x'] + {more}\n"
WAITING = """\
import os, time

# modelop.score
def score(record):
    while not os.path.exists(r'{file}'):
        time.sleep(0.01)
    yield {more}
"""


def body(**more: Any) -> dict[str, Any]:
    return {"champion": "m@1", "challenger": "m@2", "inputs": [{"path": "in.json"}], **more}


def register(workspace: Workspace, root: Path, source: str) -> None:
    """Register the model ``m`` twice, with a snapshot of each."""
    (root / "in.json").write_text('{"x": 1, "y": 2}\n{"x": 2, "y": 3}\n')
    for more in (0, 1):
        (root / "m.py").write_text(source.replace("{more}", str(more)))
        workspace.register("m", root / "m.py")
        workspace.snapshot("m")


async def settled(api: ApiCall) -> Any:
    """Return the challenge when none runs any more."""
    while True:
        _, view = await api("GET", "models/m/challenge")
        if not view.get("run", {}).get("is_running"):
            return view
        await asyncio.sleep(0.1)


async def test_a_challenge_is_started_and_its_result_is_kept(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    """The records that differ most come beside the view, which a table sorts."""
    register(workspace, root, PLAIN)
    status, begun = await api(
        "POST", "models/m/challenge", body(label="y", expect=["agreement == 1"], segments=["x"])
    )
    view = await settled(api)

    assert (status, begun["run"]["is_running"]) == (202, True)
    assert "run" not in view
    last = view["last"]
    assert (last["champion"], last["challenger"], last["changed"]) == ("m@1", "m@2", 2)
    assert last["has_passed"] is False
    assert [(one["before"], one["after"], one["record"]["x"]) for one in last["movers"]] == [
        (1, 2, 1),
        (2, 3, 2),
    ]
    assert "same output" in last["view"]["html"]
    assert "largest changes" not in last["view"]["html"]
    assert workspace.jobs() == []


async def test_a_challenge_that_cannot_be_made_says_why_until_it_is_dismissed(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    register(workspace, root, PLAIN)
    await api("POST", "models/m/challenge", body(label="z"))
    view = await settled(api)
    _, dismissed = await api("DELETE", "models/m/challenge")

    assert view["run"]["failure"]["message"] == "--label: no record has a column 'z'"
    assert dismissed == {}


async def test_a_running_challenge_is_stopped(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    """Nothing is kept of it, and only one runs for each model."""
    register(workspace, root, WAITING.replace("{file}", str(root / "go")))
    await api("POST", "models/m/challenge", body())
    while "step" not in (await api("GET", "models/m/challenge"))[1]["run"]:
        await asyncio.sleep(0.1)
    refused, problem = await api("POST", "models/m/challenge", body())
    _, stopping = await api("DELETE", "models/m/challenge")

    assert (refused, problem["code"]) == (409, "conflict")
    assert stopping["run"]["is_stopping"]
    assert await settled(api) == {}
