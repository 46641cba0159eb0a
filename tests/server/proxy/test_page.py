"""The page of a deployment below Jupyter's address, as a browser gets it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from modelop_jupyter.deployments.page import page
from tests.server.proxy.conftest import Fetch

pytestmark = pytest.mark.slow


def cookies_of(*answers: Any) -> dict[str, str]:
    """Return what a browser has after these answers, by name."""
    headers = [header for answer in answers for header in answer.headers.get_list("Set-Cookie")]
    return dict(header.partition(";")[0].split("=", 1) for header in headers)


async def test_a_browser_that_follows_a_link_sends_a_record(
    fetch: Fetch, jp_serverapp: Any
) -> None:
    """The link has the token; from then on it is the cookies, of which the page shows one."""
    token = jp_serverapp.identity_provider.token
    shown = await fetch(f"double/?token={token}", headers={})
    cookies = cookies_of(shown)
    header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    scored = await fetch(
        "double/score", '{"x": 2}', headers={**header, "X-XSRFToken": cookies["_xsrf"]}
    )

    assert (shown.code, shown.body) == (200, page()[0])
    assert (scored.code, json.loads(scored.body)) == (200, {"y": 4})


async def test_the_page_runs_its_own_script_and_no_other(fetch: Fetch) -> None:
    """Jupyter's policy for its pages holds, and that of this page."""
    shown = await fetch("double/")
    policies = shown.headers.get_list("Content-Security-Policy")

    assert shown.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page()[1]["Content-Security-Policy"] in policies
    assert re.search("script-src 'sha256-[^']+'", " ".join(policies))
    assert not any("sandbox" in policy for policy in policies)


@pytest.mark.parametrize("query", ["", "?a=%20b"])
async def test_the_page_has_a_slash_at_its_end(fetch: Fetch, jp_base_url: str, query: str) -> None:
    """What it asks for lies below."""
    answer = await fetch(f"double{query}")

    assert answer.code == 302
    location = f"{jp_base_url}modelop-jupyter/deployments/double/{query}"
    assert answer.headers["Location"] == location


async def test_who_is_not_logged_in_is_asked_to(fetch: Fetch, jp_base_url: str) -> None:
    """And comes back here."""
    answer = await fetch("double/", headers={})

    assert answer.code == 302
    assert answer.headers["Location"].startswith(f"{jp_base_url}login?next=")


async def test_a_model_that_is_not_deployed_has_no_page(fetch: Fetch) -> None:
    """One sentence says so."""
    answer = await fetch("idle/")
    problem = json.loads(answer.body)

    assert (answer.code, problem["code"]) == (404, "deployment_not_found")
    assert answer.headers["Content-Type"] == "application/json"


async def test_the_page_takes_no_record_itself(fetch: Fetch) -> None:
    """That is what /score is for."""
    answer = await fetch("double/", "{}")

    assert (answer.code, answer.headers["Allow"]) == (405, "GET, HEAD")
