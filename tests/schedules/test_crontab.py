"""Schedules in the user's crontab."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import SchedulerError

THEIRS = '# mine\x0c, not yours\nMAILTO=""\n5 4 * * * echo 10\\% \xe9\n\n'
WORDS = ["in.json", "-o", "100 %.json"]


def test_the_lines_of_others_stay_as_they_are(workspace: Workspace, crontab: Path) -> None:
    """Through installing, installing again and removing; also blank ones and form feeds."""
    crontab.write_text(THEIRS)
    workspace.schedule("churn", "batch", WORDS, install=True)
    again = workspace.schedule("churn", "batch", WORDS, cron="0 7 * * *", install=True)
    installed = crontab.read_text()
    listed = workspace.schedule_list()
    workspace.schedule_remove("churn")

    assert installed.startswith(THEIRS)
    assert installed.count("in.json") == 2  # the mark and the line
    assert again.replaced is not None and again.replaced.cron == "0 6 * * *"
    assert [one.schedule for one in listed] == [again.schedule]
    assert crontab.read_text() == THEIRS


@pytest.mark.slow
def test_a_line_runs_the_job_in_its_folder_and_logs_it(
    workspace: Workspace, machine: Path, tmp_path: Path
) -> None:
    """As cron runs it: by sh, with hardly a variable, elsewhere."""
    Path("in.json").write_text('{"x": 1}\n')
    plan = workspace.schedule("churn", "batch", WORDS)
    command = plan.crontab.removeprefix("0 6 * * * ").replace(r"\%", "%")
    subprocess.run(
        ["/bin/sh", "-c", command], cwd="/", env={"PATH": "/usr/bin:/bin"}, check=True, timeout=300
    )

    assert Path("100 %.json").read_text() == '{"y":2}\n'
    assert "Succeeded" in (tmp_path / "home/schedules/churn-batch.log").read_text()


def test_a_crontab_that_cannot_be_read_is_not_replaced(workspace: Workspace, machine: Path) -> None:
    """Whatever the reason, its lines must not be lost."""
    written = machine / "written"
    program = machine / "crontab"
    program.write_text(
        '#!/bin/sh\n[ "$1" = - ] && exec /bin/cat > '
        + shlex.quote(str(written))
        + "\necho 'you are not allowed to use this program' >&2\nexit 1\n"
    )
    program.chmod(0o755)

    with pytest.raises(SchedulerError, match="cannot be read: you are not allowed"):
        workspace.schedule("churn", "batch", WORDS, install=True)
    assert not written.exists()


def test_a_command_that_cron_would_cut_is_refused(workspace: Workspace, crontab: Path) -> None:
    """Cron reads so many characters."""
    with pytest.raises(SchedulerError, match="too long for a crontab"):
        workspace.schedule("churn", "batch", ["x" * 1000], install=True)


def test_what_the_user_put_under_a_mark_stays(workspace: Workspace, crontab: Path) -> None:
    """A line that does not write to the schedule's log is somebody else's."""
    workspace.schedule("churn", "batch", WORDS, install=True)
    mark = crontab.read_text().splitlines()[0]
    crontab.write_text(f"{mark}\n0 0 * * * backup\n")
    workspace.schedule_remove("churn")

    assert crontab.read_text() == "0 0 * * * backup\n"
