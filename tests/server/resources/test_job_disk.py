"""Jobs removed, pinned and cleared away over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall
from tests.waiting import PATIENCE
from tests.workspace.jobs import when_supervisors_are_gone

pytestmark = pytest.mark.slow


@pytest.fixture
def job(workspace: Workspace, model: str, root: Path) -> str:
    """The id of a job that has ended."""
    (root / "in.json").write_text('{"x": 1}\n')
    return workspace.batch(model, [root / "in.json"]).wait(PATIENCE).id


async def test_a_pinned_job_is_refused_until_it_is_unpinned(api: ApiCall, job: str) -> None:
    """The whole life of a job's pin, as the sidebar leads it."""
    pinned, answer = await api("PUT", f"jobs/{job}/pin")
    _, detail = await api("GET", f"jobs/{job}")
    refused, problem = await api("DELETE", f"jobs/{job}")
    await api("DELETE", f"jobs/{job}/pin")
    removed, cleared = await api("DELETE", f"jobs/{job}")
    gone, _ = await api("GET", f"jobs/{job}")

    assert (pinned, answer) == (200, {"job": job, "is_pinned": True})
    assert detail["is_pinned"]
    assert detail["size"] > 0
    assert (refused, problem["code"]) == (409, "conflict")
    assert "job unpin" in problem["hint"]
    assert (removed, [row["name"] for row in cleared["cleared"]]) == (200, [job[:8]])
    assert gone == 404


async def test_a_dry_run_says_what_would_go_and_removes_nothing(
    api: ApiCall, workspace: Workspace, job: str
) -> None:
    """The sidebar shows this before it asks."""
    when_supervisors_are_gone(workspace)
    await api("PUT", f"jobs/{job}/pin")
    _, usage = await api("GET", "jobs/usage")
    status, dry = await api("POST", "jobs/gc", {"quota": 0, "dry_run": True})
    _, page = await api("GET", "jobs")

    assert (usage["jobs"], usage["older"], usage["quota"]) == (1, 30 * 86400, 5 * 10**9)
    assert usage["size"] == dry["before"]
    assert (status, dry["is_dry_run"], dry["noun"]) == (200, True, "jobs")
    assert [row["reason"] for row in dry["spared"]] == ["it is pinned"]
    assert page["total"] == 1


async def test_a_quota_of_nought_removes_what_has_ended(
    api: ApiCall, workspace: Workspace, job: str
) -> None:
    """Without a dry run it is done."""
    when_supervisors_are_gone(workspace)
    status, _ = await api("POST", "jobs/gc", {"quota": 0})
    _, page = await api("GET", "jobs")

    assert (status, page["total"]) == (200, 0)
