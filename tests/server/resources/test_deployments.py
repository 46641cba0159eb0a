"""Deployments over HTTP: deployed in the background, tried, replaced and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall

pytestmark = pytest.mark.slow

SOURCE = """\
import os, time

# modelop.init
def begin():
    while os.path.exists({hold!r}):
        time.sleep(0.02)


# modelop.score
def score(record):
    print("scores", record)
    yield {{"y": record["x"] * {factor}}}
"""


@pytest.fixture
def home(deployed_home: Path) -> Path:
    """The home folder that the server uses."""
    return deployed_home


@pytest.fixture
def hold(root: Path) -> Path:
    """A file during whose life the init function of ``tried`` does not end."""
    return root / "hold"


@pytest.fixture
def tried(workspace: Workspace, root: Path, hold: Path) -> Iterator[str]:
    """The name of a model with two snapshots: the first doubles ``x``, the second has three of it."""
    for factor in (2, 3):
        (root / "tried.py").write_text(SOURCE.format(hold=str(hold), factor=factor))
        workspace.register("tried", root / "tried.py")
        workspace.snapshot("tried")
    yield "tried"
    hold.unlink(missing_ok=True)
    if any(one.model == "tried" and one.state.is_running for one in workspace.deployments()):
        workspace.deployment_stop("tried")
    workspace.remove("tried")


async def settled(api: ApiCall, name: str) -> Any:
    """Return the deployment of a model when nothing is being deployed any more."""
    while True:
        _, view = await api("GET", f"models/{name}/deployment")
        if view["run"] is None or not view["run"]["is_running"]:
            return view
        await asyncio.sleep(0.05)


async def stepping(api: ApiCall, name: str) -> Any:
    """Return what is being deployed when it has said what it does."""
    while True:
        _, view = await api("GET", f"models/{name}/deployment")
        if view["run"]["step"] is not None and "initialising" in view["run"]["step"]:
            return view
        await asyncio.sleep(0.05)


async def ask(api: ApiCall, name: str, records: Any) -> Any:
    _, answer = await api("POST", f"models/{name}/deployment/requests", {"records": records})
    return answer


async def test_deployments_are_listed(api: ApiCall, root: Path) -> None:
    """As the magic lists them; a model that never was one is none of them."""
    status, found = await api("GET", "deployments")
    _, idle = await api("GET", "models/idle/deployment")
    unknown, problem = await api("GET", "models/nobody/deployment")

    assert (status, [(one["model"], one["state"]) for one in found]) == (200, [("double", "ready")])
    assert found[0]["url"].startswith("http://127.0.0.1:")
    assert idle == {"deployment": None, "run": None}
    assert (unknown, problem["code"]) == (404, "model_not_found")


async def test_a_model_is_deployed_while_other_requests_are_answered(
    api: ApiCall, tried: str, hold: Path
) -> None:
    """It takes as long as the init function does."""
    hold.touch()
    status, begun = await api(
        "POST", f"models/{tried}/deployment", {"snapshot": 1, "lifetime": 600}
    )
    during = await stepping(api, tried)
    again, refused = await api("POST", f"models/{tried}/deployment", {})
    hold.unlink()
    view = await settled(api, tried)
    answer = await ask(api, tried, [{"x": 1}, {"x": 2}])

    assert (status, begun["run"]["is_running"]) == (202, True)
    assert during["run"]["step"].startswith("deploying tried@1: initialising")
    assert (again, refused["code"]) == (409, "conflict")
    assert (view["deployment"]["state"], view["run"]) == ("ready", None)
    assert view["deployment"]["ends"] is not None
    assert (answer["status"], answer["body"]) == (200, [{"y": 2}, {"y": 4}])


async def test_deploying_is_stopped_and_leaves_nothing(
    api: ApiCall, tried: str, hold: Path
) -> None:
    """The init function that does not end is ended."""
    hold.touch()
    await api("POST", f"models/{tried}/deployment", {})
    await stepping(api, tried)
    status, stopping = await api("DELETE", f"models/{tried}/deployment")
    view = await settled(api, tried)

    assert (status, stopping["run"]["is_stopping"]) == (200, True)
    assert view == {"deployment": None, "run": None}


async def test_why_a_model_could_not_be_deployed_is_there_until_it_is_dismissed(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    """The sentence is that of every door."""
    (root / "broken.py").write_text(
        "# modelop.init\ndef begin():\n    1 / 0\n# modelop.score\ndef score(r):\n    yield r\n"
    )
    workspace.register("broken", root / "broken.py")
    await api("POST", "models/broken/deployment", {})
    view = await settled(api, "broken")
    status, dismissed = await api("DELETE", "models/broken/deployment/run")
    workspace.remove("broken")

    assert view["run"]["failure"]["code"] == "deployment_failed"
    assert "ZeroDivisionError" in view["run"]["failure"]["message"]
    assert (status, dismissed["run"]) == (200, None)
    assert dismissed["deployment"]["state"] == "failed"


async def test_a_snapshot_takes_the_place_of_another_and_gives_it_back(
    api: ApiCall, tried: str
) -> None:
    """The answers tell which one has it."""
    await api("POST", f"models/{tried}/deployment", {"snapshot": 1})
    await settled(api, tried)
    first = await ask(api, tried, {"x": 1})
    await api("POST", f"models/{tried}/deployment", {"snapshot": 2})
    replaced = await settled(api, tried)
    second = await ask(api, tried, {"x": 1})
    status, _ = await api("POST", f"models/{tried}/deployment/rollback")
    back = await settled(api, tried)
    third = await ask(api, tried, {"x": 1})

    assert [answer["body"] for answer in (first, second, third)] == [{"y": 2}, {"y": 3}, {"y": 2}]
    assert (replaced["deployment"]["snapshot"], replaced["deployment"]["previous"]) == (2, 1)
    assert (status, back["deployment"]["snapshot"]) == (202, 1)


async def test_a_deployment_is_stopped(api: ApiCall, tried: str) -> None:
    """Who asks it then is told so, and its log tells the story."""
    await api("POST", f"models/{tried}/deployment", {})
    await settled(api, tried)
    failed = await ask(api, tried, {"z": 1})
    status, stopped = await api("DELETE", f"models/{tried}/deployment")
    down, problem = await api("POST", f"models/{tried}/deployment/requests", {"records": {"x": 1}})
    _, errors = await api("GET", f"models/{tried}/deployment/errors?limit=10")
    _, log = await api("GET", f"models/{tried}/deployment/log")
    _, rest = await api("GET", f"models/{tried}/deployment/log?offset={log['offset']}")

    assert (status, stopped["deployment"]["state"]) == (200, "stopped")
    assert (down, problem["code"]) == (503, "deployment_down")
    assert (failed["status"], failed["body"]["code"]) == (500, "model")
    assert [(row["record"], row["code"]) for row in errors["rows"]] == [('{"z": 1}', "model")]
    assert "scores {'z': 1}" in log["text"]
    assert rest == {"model": tried, "text": "", "offset": log["offset"]}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"snapshot": 7}, 404, "snapshot_not_found"),
        ({"capture": "../elsewhere.jsonl"}, 403, "outside"),
        ({"replicas": 0}, 400, "request"),
        ({"port": 70_000}, 400, "request"),
        ({"host": "0.0.0.0"}, 400, "request"),
    ],
)
async def test_what_cannot_be_deployed_is_refused_at_once(
    api: ApiCall, body: Any, status: int, code: str
) -> None:
    """Nothing is started; and whom a browser lets in from elsewhere is not for it to say."""
    refused, problem = await api("POST", "models/idle/deployment", body)
    _, view = await api("GET", "models/idle/deployment")

    assert (refused, problem["code"]) == (status, code)
    assert view["run"] is None


async def test_what_was_never_deployed_cannot_be_stopped(api: ApiCall) -> None:
    """Nor go back to what answered before."""
    stopped, problem = await api("DELETE", "models/idle/deployment")
    rolled_back, _ = await api("POST", "models/idle/deployment/rollback")

    assert (stopped, problem["code"], rolled_back) == (404, "deployment_not_found", 404)


@pytest.mark.parametrize("path", ["score", "//example.org/", "/a b", "/\\example.org"])
async def test_a_request_stays_with_the_deployment(api: ApiCall, path: str) -> None:
    """A path is one, and no other address."""
    body = {"records": {}, "path": path}
    status, problem = await api("POST", "models/double/deployment/requests", body)

    assert (status, problem["code"]) == (400, "request")


async def test_a_deployment_outlives_the_server(
    api: ApiCall, tried: str, workspace: Workspace, jp_serverapp: Any
) -> None:
    """It is a process of its own."""
    await api("POST", f"models/{tried}/deployment", {"snapshot": 1})
    await settled(api, tried)
    (extension,) = jp_serverapp.extension_manager.extension_apps["modelop_jupyter"]
    await extension.stop_extension()
    answer = workspace.deployment_score(tried, {"x": 1})

    assert answer.body == {"y": 2}


async def test_what_a_deployment_begins_is_a_change_and_what_it_counts_is_none(
    api: ApiCall, tried: str, workspace: Workspace
) -> None:
    """Magics and command line are other processes."""
    workspace.deploy(f"{tried}@1")
    _, before = await api("GET", "changes")
    reported = workspace.deployment(tried).load
    workspace.deployment_score(tried, {"x": 1})
    while workspace.deployment(tried).load == reported:
        await asyncio.sleep(0.05)
    _, counted = await api("GET", "changes")
    workspace.deployment_stop(tried)
    _, after = await api("GET", "changes")

    assert counted["deployments"] == before["deployments"]
    assert after["deployments"] > before["deployments"]
