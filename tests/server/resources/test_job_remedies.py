"""What mends a failed job, done by a button."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall
from tests.server.resources.test_jobs import ended
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

SOURCE = "# modelop.score\ndef score(record):\n    return open('w.txt').read()\n"


async def failed(api: ApiCall, workspace: Workspace, root: Path) -> dict[str, Any]:
    """Return an ended job whose model opens a file that it does not have."""
    (root / "needy.py").write_text(SOURCE)
    (root / "in.json").write_text('{"x": 1}\n')
    workspace.register("needy", root / "needy.py")
    _, job = await api(
        "POST", "jobs", {"kind": "batch", "model": "needy", "inputs": [{"path": "in.json"}]}
    )
    return await ended(api, job["id"])


async def test_a_file_is_added_and_the_job_runs_again(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    """One request does both commands; the answer is the new job."""
    (root / "w.txt").write_text("3")
    shown = await failed(api, workspace, root)
    remedy = shown["remedies"][0]
    path = f"jobs/{shown['record']['id']}/remedies"
    status, applied = await api("POST", path, {"commands": remedy["commands"]})
    again = await ended(api, applied["job"]["id"])

    assert remedy["text"] == "Add w.txt to the model and run again"
    assert (status, again["record"]["state"]["text"]) == (201, "Succeeded")
    assert [asset.path for asset in workspace.asset_list("needy")] == ["needy.py", "w.txt"]


@pytest.mark.parametrize(
    "command",
    [
        ["remove", "needy"],
        ["job", "rerun", "0000"],
        ["asset", "add", "needy", "passwd", "--folder", "/etc"],
    ],
)
async def test_only_what_is_offered_is_done(
    api: ApiCall, workspace: Workspace, root: Path, command: list[str]
) -> None:
    """The server runs no other command."""
    shown = await failed(api, workspace, root)
    path = f"jobs/{shown['record']['id']}/remedies"
    status, problem = await api("POST", path, {"commands": [command]})

    assert (status, problem["code"]) == (409, "conflict")
    assert len(workspace.jobs()) == 1


async def test_a_file_that_the_file_browser_does_not_show_is_not_added(
    api: ApiCall, workspace: Workspace, root: Path, tmp_path: Path
) -> None:
    """The input may lie outside of the root; what lies beside it is out of reach."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "in.json").write_text('{"x": 1}\n')
    (outside / "w.txt").write_text("3")
    (root / "needy.py").write_text(SOURCE)
    workspace.register("needy", root / "needy.py")
    job = workspace.batch("needy", [outside / "in.json"]).wait(PATIENCE)
    remedy = workspace.job_remedies(job)[0]
    commands = [list(command) for command in remedy.commands]
    status, problem = await api("POST", f"jobs/{job.id}/remedies", {"commands": commands})

    assert (status, problem["code"]) == (403, "outside")
    assert len(workspace.asset_list("needy")) == 1


async def test_a_job_is_run_again_with_other_limits(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    """What the options of the verb are, the body has."""
    shown = await failed(api, workspace, root)
    path = f"jobs/{shown['record']['id']}/rerun"
    status, job = await api("POST", path, {"current": True, "timeout": 50, "memory": 2_000_000_000})

    assert (status, job["options"]["limits"]["seconds"]) == (201, 50)
    assert job["options"]["limits"]["memory"] == 2_000_000_000
