"""Checks over HTTP: started, followed, stopped, and what their findings offer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.server.background_runs import BackgroundRuns
from tests.server.conftest import ApiCall
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

READER = "# modelop.score\ndef score(record):\n    yield len(open(r'{file}').read())\n"
WAITING = """\
import os, time

# modelop.score
def score(record):
    while not os.path.exists(r'{file}'):
        time.sleep(0.01)
    yield 1
"""


@pytest.fixture
def records(root: Path) -> str:
    """The path of a sample in the file browser."""
    (root / "in.json").write_text('{"x": 1}\n{"x": 2}\n')
    return "in.json"


async def settled(api: ApiCall, model: str) -> Any:
    """Return the check of a model when none runs any more."""
    while True:
        _, view = await api("GET", f"models/{model}/check")
        if not view.get("run", {}).get("is_running"):
            return view
        await asyncio.sleep(0.1)


async def checked(api: ApiCall, model: str, records: str) -> Any:
    await api("POST", f"models/{model}/check", {"inputs": [{"path": records}]})
    return await settled(api, model)


async def test_a_check_is_started_and_its_report_is_kept(
    api: ApiCall, workspace: Workspace, root: Path, model: str, records: str
) -> None:
    """The report of before is said to be so once the model has changed."""
    _, before = await api("GET", f"models/{model}/check")
    body = {"inputs": [{"path": records}], "parameters": {"a": 0.5}}
    status, begun = await api("POST", f"models/{model}/check", body)
    view = await settled(api, model)
    (root / "double.py").write_text("# modelop.score\ndef score(r):\n    yield 1\n")
    workspace.register("double", root / "double.py")
    _, later = await api("GET", f"models/{model}/check")

    assert (before, status, begun["run"]["is_running"]) == ({}, 202, True)
    assert "run" not in view
    assert view["last"]["report"]["snapshot"] == 1
    assert view["last"]["report"]["sample"] == records
    assert view["last"]["report"]["command"] == ["check", model, records, "--param", "a=0.5"]
    assert (view["last"]["is_outdated"], later["last"]["is_outdated"]) == (False, True)


async def test_a_check_that_cannot_be_made_says_why_until_it_is_dismissed(
    api: ApiCall, model: str
) -> None:
    """There is neither an input nor test data."""
    status, _ = await api("POST", f"models/{model}/check", {})
    view = await settled(api, model)
    _, dismissed = await api("DELETE", f"models/{model}/check")

    assert status == 202
    assert "no test data" in view["run"]["failure"]["message"]
    assert dismissed == {}


async def test_a_running_check_is_stopped(
    api: ApiCall, workspace: Workspace, root: Path, records: str
) -> None:
    """Nothing is kept of it, and another one can be started."""
    go = root / "go"
    (root / "waits.py").write_text(WAITING.format(file=go))
    workspace.register("waits", root / "waits.py")
    await api("POST", "models/waits/check", {"inputs": [{"path": records}]})
    while "step" not in (await api("GET", "models/waits/check"))[1]["run"]:
        await asyncio.sleep(0.1)
    refused, problem = await api("POST", "models/waits/check", {"inputs": [{"path": records}]})
    _, stopping = await api("DELETE", "models/waits/check")
    stopped = await settled(api, "waits")
    go.touch()
    again = await checked(api, "waits", records)

    assert (refused, problem["code"]) == (409, "conflict")
    assert stopping["run"]["is_stopping"]
    assert stopped == {}
    assert again["last"]["report"]["records"] == 2


async def test_a_check_that_ends_before_it_is_stopped_is_the_last_one(
    api: ApiCall, model: str, records: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer had neither, as if nothing had been checked."""
    stop = BackgroundRuns.stop

    def stop_late(runs: Any, key: str) -> Any:
        wait_until(lambda: runs.find(key) is None)
        return stop(runs, key)

    monkeypatch.setattr(BackgroundRuns, "stop", stop_late)
    await api("POST", f"models/{model}/check", {"inputs": [{"path": records}]})
    _, view = await api("DELETE", f"models/{model}/check")

    assert "run" not in view
    assert view["last"]["report"]["records"] == 2


async def test_a_remedy_of_a_finding_is_applied(
    api: ApiCall, workspace: Workspace, root: Path, records: str
) -> None:
    """Only one that is offered; then the report is of the model before."""
    (root / "lookup.csv").write_text("a\n")
    (root / "reader.py").write_text(READER.format(file=root / "lookup.csv"))
    workspace.register("reader", root / "reader.py")
    view = await checked(api, "reader", records)
    findings = [one for topic in view["last"]["report"]["topics"] for one in topic["findings"]]
    (remedy,) = findings[0]["remedies"]
    other = {"commands": [["remove", "reader"]]}
    refused, _ = await api("POST", "models/reader/check/remedies", other)
    status, after = await api(
        "POST", "models/reader/check/remedies", {"commands": remedy["commands"]}
    )

    assert [one["code"] for one in findings] == ["access_read"]
    assert (refused, status) == (409, 201)
    assert [asset.path for asset in workspace.asset_list("reader")] == ["lookup.csv", "reader.py"]
    assert after["last"]["is_outdated"]
