"""Scheduled jobs over HTTP: listed and removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from tests.schedulers import install_crontab
from tests.server.conftest import ApiCall


async def test_schedules_are_listed_and_removed(
    api: ApiCall,
    model: str,
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that a notebook or terminal has installed; the lines of others stay."""
    programs = tmp_path / "programs"
    programs.mkdir()
    stored = install_crontab(programs)
    stored.write_text("# mine\n")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    workspace.schedule(model, "batch", ["in.json"], install=True, scheduler="crontab")
    _, listed = await api("GET", "schedules")
    status, removed = await api("DELETE", f"models/{model}/schedules?kind=batch")
    missing, problem = await api("DELETE", f"models/{model}/schedules")

    assert [(one["schedule"]["ref"], one["scheduler"]) for one in listed] == [(model, "crontab")]
    assert listed[0]["next_run"].endswith("Z")
    assert (status, [one["words"] for one in removed]) == (200, [["in.json"]])
    assert (missing, problem["code"]) == (404, "schedule_not_found")
    assert stored.read_text() == "# mine\n"
