"""A deployment below Jupyter's address: it answers there as on its own port, and down is said to be so."""

from __future__ import annotations

import json

import pytest

from modelop_jupyter import Workspace
from tests.server.proxy.conftest import Fetch
from tests.server.proxy.echo import echo_server

pytestmark = pytest.mark.slow


async def test_a_record_is_scored(fetch: Fetch) -> None:
    """Nobody needs a port."""
    answer = await fetch("double/score", '{"x": 21}')

    assert (answer.code, json.loads(answer.body)) == (200, {"y": 42})


async def test_the_path_of_the_runtime_takes_its_query(fetch: Fetch) -> None:
    """Spec 9.2: the slots stand in the path, the time in the query; both reach the deployment."""
    good = await fetch("double/api/roundtrip/0/1?timeout=60000", '[{"x": 1}, {"x": 2}]')
    bad = await fetch("double/api/roundtrip/0/1?timeout=x", '{"x": 1}')
    nowhere = await fetch("double/api/roundtrip/0/7", '{"x": 1}')

    assert (good.code, json.loads(good.body)) == (200, [{"y": 2}, {"y": 4}])
    assert (bad.code, json.loads(bad.body)["code"]) == (400, "timeout_value")
    assert (nowhere.code, json.loads(nowhere.body)["code"]) == (404, "slot_not_found")


async def test_a_record_that_fails_is_answered_as_by_the_deployment(fetch: Fetch) -> None:
    """Status, code and frames are the model's own."""
    answer = await fetch("double/score", '{"z": 1}')
    problem = json.loads(answer.body)

    assert (answer.code, problem["code"], problem["exception"]) == (500, "model", "KeyError")


async def test_head_has_the_headers_and_no_body(fetch: Fetch) -> None:
    """As everywhere."""
    got = await fetch("double/1/health")
    head = await fetch("double/1/health", method="HEAD")

    assert (got.code, json.loads(got.body)["status"]) == (200, "UP")
    assert (head.code, head.body) == (got.code, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


async def test_a_deployment_that_was_stopped_is_said_to_be_so(
    fetch: Fetch, workspace: Workspace
) -> None:
    """One sentence, and what brings it back."""
    await fetch("double/score", '{"x": 1}')
    workspace.deployment_stop("double")
    down = await fetch("double/score", '{"x": 1}')
    workspace.deploy("double")
    up = await fetch("double/score", '{"x": 1}')
    problem = json.loads(down.body)

    assert (down.code, problem["code"]) == (503, "deployment_down")
    assert problem["message"] == "double answers no requests: it is stopped"
    assert problem["remedies"][0]["commands"] == [["deploy", "double"]]
    assert up.code == 200


async def test_a_program_that_takes_the_port_of_one_that_was_stopped_is_not_asked(
    fetch: Fetch, workspace: Workspace
) -> None:
    """However soon that is."""
    url = workspace.deployment("double").url or ""
    await fetch("double/score", '{"x": 1}')
    workspace.deployment_stop("double")
    with echo_server(int(url.rpartition(":")[2])):
        down = await fetch("double/score", '{"x": 1}')
    workspace.deploy("double")

    assert (down.code, json.loads(down.body)["code"]) == (503, "deployment_down")


@pytest.mark.parametrize(
    ("name", "code"), [("idle", "deployment_not_found"), ("nobody", "model_not_found")]
)
async def test_what_is_not_deployed_is_not_found(fetch: Fetch, name: str, code: str) -> None:
    """A model need not be deployed, and a name need not be a model's."""
    answer = await fetch(f"{name}/score", '{"x": 1}')

    assert (answer.code, json.loads(answer.body)["code"]) == (404, code)
