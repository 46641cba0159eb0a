"""Who waits for a job: its end is seen there, and need not be announced."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.follower import is_awaited, waiting

WAITING = """
import sys
from pathlib import Path
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.follower import waiting
folder = JobFolder(Path(sys.argv[1]))
with waiting(folder):
    folder.write("outcome.json", {})
"""


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    return folder


def test_nobody_waits_at_first(folder: JobFolder) -> None:
    """A job in the background is announced."""
    assert not is_awaited(folder)


def test_a_process_that_waits_is_known_to(folder: JobFolder) -> None:
    """Also when the job has ended: a page may look a little later."""
    with waiting(folder):
        is_known = is_awaited(folder)
        folder.write("outcome.json", {})

    assert is_known
    assert is_awaited(folder)


def test_who_leaves_a_running_job_waits_no_more(folder: JobFolder) -> None:
    """As by an interrupt of `job attach`."""
    with pytest.raises(KeyboardInterrupt), waiting(folder):
        raise KeyboardInterrupt

    assert not is_awaited(folder)


def test_a_process_that_is_gone_has_seen_nothing(folder: JobFolder) -> None:
    """As when a kernel is restarted under its cell."""
    subprocess.run([sys.executable, "-c", WAITING, str(folder.root)], check=True)

    assert (folder.root / "follower.json").exists()
    assert not is_awaited(folder)
