"""Schedules as timers of the user's systemd."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.schedules import Scheduler
from modelop_jupyter.errors import SchedulerError


def test_a_timer_is_installed_listed_and_removed(workspace: Workspace, systemctl: Path) -> None:
    """Where there is no crontab."""
    plan = workspace.schedule("churn", "batch", ['a "$x" 5%.json'], install=True)
    folder = Path(plan.systemd.folder)
    service = (folder / f"{plan.systemd.name}.service").read_text()
    listed = workspace.schedule_list()
    workspace.schedule_remove("churn", "batch")
    name = plan.systemd.name

    assert plan.installed is Scheduler.SYSTEMD
    assert r'batch churn "a \"$$x\" 5%%.json"' in service
    assert [(one.schedule, one.scheduler) for one in listed] == [(plan.schedule, Scheduler.SYSTEMD)]
    assert list(folder.iterdir()) == []
    assert systemctl.read_text().splitlines() == [
        "--user daemon-reload",
        f"--user enable {name}.timer",
        f"--user restart {name}.timer",
        f"--user disable --now {name}.timer",
        "--user daemon-reload",
    ]


def test_another_scheduler_takes_a_schedule_over(
    workspace: Workspace, systemctl: Path, crontab: Path
) -> None:
    """It would run twice otherwise."""
    workspace.schedule("churn", "batch", ["in.json"], install=True, scheduler="systemd")
    workspace.schedule("churn", "batch", ["in.json"], install=True)

    assert [one.scheduler for one in workspace.schedule_list()] == [Scheduler.CRONTAB]


def test_a_user_without_a_bus_has_no_timer_afterwards(workspace: Workspace, machine: Path) -> None:
    """As in a container."""
    program = machine / "systemctl"
    program.write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n")
    program.chmod(0o755)

    with pytest.raises(SchedulerError, match="daemon-reload failed: Failed to connect to bus"):
        workspace.schedule("churn", "batch", ["in.json"], install=True)
    assert workspace.schedule_list() == []


def test_a_machine_without_either_says_so(workspace: Workspace, machine: Path) -> None:
    """The lines can be printed all the same."""
    with pytest.raises(SchedulerError, match="neither crontab nor systemd"):
        workspace.schedule("churn", "batch", ["in.json"], install=True)
