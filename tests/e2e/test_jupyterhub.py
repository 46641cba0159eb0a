"""Two users under a real JupyterHub who share one registry, each with a home of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.postgres import Postgres
from tests.waiting import wait_until

from .hub import PASSWORD, SERVICE_TOKEN, USERS, Hub, find_proxy, running_hub

pytestmark = pytest.mark.slow

SOURCE = "# modelop.score\ndef score(record):\n    yield {'y': record['x'] * 2}\n"


@pytest.fixture(scope="module")
def hub(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, environments: Path
) -> Iterator[Hub]:
    """A hub whose servers share a database and a folder of files."""
    proxy = find_proxy()
    if proxy is None:
        pytest.skip("no configurable-http-proxy on this machine; tools/hub-proxy.sh installs it")
    folder = tmp_path_factory.mktemp("hub")
    for user in USERS:
        (folder / "users" / user).mkdir(parents=True)
        (folder / "users" / user / "model.py").write_text(SOURCE)
        (folder / "users" / user / "in.json").write_text('{"x": 21}\n')
    variables = {
        "MODELOP_REGISTRY_URL": postgres.new(),
        "MODELOP_BLOBS_URL": f"file://{folder / 'shared'}",
        "MODELOP_ENVIRONMENTS": str(environments),
        "MODELOP_PREPARE": "off",
        "MODELOP_WARM": "off",
    }
    with running_hub(folder, proxy, variables) as hub:
        yield hub


@pytest.fixture(scope="module")
def jobs(hub: Hub) -> dict[str, str]:
    """A job of each user with a model that this user has registered."""
    submitted = {}
    for user in USERS:
        hub.api(user, "models", {"name": f"of-{user}", "path": "model.py"})
        body = {"kind": "batch", "model": f"of-{user}", "inputs": [{"path": "in.json"}]}
        submitted[user] = hub.api(user, "jobs", body)["id"]
    for user, job in submitted.items():
        wait_until(lambda user=user, job=job: hub.api(user, f"jobs/{job}")["progress"] is None)
    return submitted


def test_each_user_has_a_home_and_all_see_who_did_what(hub: Hub, jobs: dict[str, str]) -> None:
    """The system's user is the same: the hub's is on record."""
    seen = {
        user: {
            row["record"]["id"]: (row["record"]["created_by"], row["record"]["result"])
            for row in hub.api(user, "jobs")["rows"]
        }
        for user in USERS
    }
    everything = {job: (user, "SUCCESS") for user, job in jobs.items()}
    homes = {user: [*hub.home(user).rglob(f"jobs/{job}")] for user, job in jobs.items()}

    assert seen == dict.fromkeys(USERS, everything)
    assert all(len(found) == 1 for found in homes.values())
    assert [row["record"]["id"] for row in hub.api("ada", "jobs?by=grace")["rows"]] == [
        jobs["grace"]
    ]


def test_the_last_who_changed_a_model_is_told_from_who_made_it(
    hub: Hub, jobs: dict[str, str]
) -> None:
    """Also in the model's page of the other one."""
    (hub.home("grace") / "other.py").write_text(f"{SOURCE}\nX = 1\n")
    hub.api("grace", "models", {"name": "of-ada", "path": "other.py"})
    shown = hub.api("ada", "models/of-ada")

    assert (shown["created_by"], shown["modified_by"]) == ("ada", "grace")


def test_a_deployment_answers_below_the_users_address(hub: Hub, jobs: dict[str, str]) -> None:
    """To the user and to a service that may reach the user's servers, and to nobody else."""
    hub.api("ada", "models/of-ada/deployment", {"snapshot": 1, "replicas": 1})
    path = "/user/ada/modelop-jupyter/deployments/of-ada/score"
    wait_until(lambda: hub.call(path, hub.tokens["ada"], {"x": 1})[0] == 200)
    answers = [
        hub.call(path, token, {"x": 21})
        for token in (hub.tokens["ada"], SERVICE_TOKEN, hub.tokens["grace"])
    ]
    hub.call(
        "/user/ada/modelop-jupyter/models/of-ada/deployment",
        hub.tokens["ada"],
        method="DELETE",
    )

    assert answers[:2] == [(200, {"y": 42})] * 2
    assert answers[2][0] == 403


@pytest.mark.browser
def test_the_sidebar_names_the_other_user(hub: Hub, jobs: dict[str, str], browser: Browser) -> None:
    """After a login at the hub, below its address."""
    page = browser.new_page()
    page.goto(f"{hub.address}/hub/login?next=%2Fuser%2Fada%2Flab")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".jp-SideBar [data-id='modelop-jupyter-sidebar']").click()
    row = page.locator('[data-modelop-model="of-grace"]')
    row.get_by_role("button", name="of-grace", exact=True).first.click()

    expect(row).to_contain_text("by grace")
    page.close()
