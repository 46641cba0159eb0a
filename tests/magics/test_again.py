"""Jobs that are attached to, resumed, or run again, in a cell."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.domain.reports import JobUpdate
from modelop_jupyter.workspace import Job
from tests.waiting import wait_until

from .conftest import Notebook
from .test_magic import SCORE

pytestmark = pytest.mark.slow


SLOW = """\
import os, time
# modelop.score
def f(r):
    time.sleep(0.01)
    while r["x"] == 200 and not os.path.exists({go!r}):
        time.sleep(0.02)
    return r
"""


@pytest.fixture
def go(tmp_path: Path) -> Path:
    """The file that the job waits for in its middle, two seconds after its start."""
    return tmp_path / "go"


@pytest.fixture
def running(notebook: Notebook, tmp_path: Path, go: Path) -> Job:
    """A job submitted by another cell."""
    (tmp_path / "many.json").write_text("".join(f'{{"x": {n}}}\n' for n in range(400)))
    (tmp_path / "slow.py").write_text(SLOW.format(go=str(go)))
    notebook.run("%modelop register slow slow.py")
    notebook.run("job = %modelop batch slow many.json --background")
    job: Job = notebook.shell.user_ns["job"]
    return job


def test_a_running_job_is_attached_to_until_its_end(
    notebook: Notebook, running: Job, go: Path
) -> None:
    """Issue 5: also a job of another session; the cell shows its summary."""
    go.touch()
    notebook.run(f"again = %modelop job attach {running.id[:8]}")

    assert notebook.shell.user_ns["again"].status is JobStatus.COMPLETE
    assert "COMPLETE SUCCESS" in notebook.text


def test_stop_leaves_an_attached_job_alone(
    notebook: Notebook, running: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 5: the job goes on."""
    follow = Job.follow

    def follow_until_stop(job: Job, **options: Any) -> Iterator[JobUpdate]:
        """Interrupt this thread, as Jupyter does, when the cell has shown where the job stands."""
        for update in follow(job, **options):
            yield update
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Job, "follow", follow_until_stop)
    notebook.run(f"%modelop job attach {running.id[:8]}")
    status = running.status
    running.cancel()

    assert isinstance(notebook.error, KeyboardInterrupt)
    assert f"job {running.id[:8]} continues" in notebook.out + notebook.err
    assert not status.is_done


def test_a_cancelled_job_is_resumed(notebook: Notebook, running: Job, go: Path) -> None:
    """Issue 5: `job retry` in a cell shows and returns the new job."""
    wait_until(lambda: (running.folder.root / "checkpoint.json").exists())
    running.cancel()
    go.touch()
    notebook.run(f"more = %modelop job retry {running.id[:8]}")
    job = notebook.shell.user_ns["more"]

    assert list(job.records()) == [{"x": n} for n in range(400)]
    assert f"job {running.id[:8]} (resumed)" in notebook.text


def test_a_rerun_shows_what_differs(notebook: Notebook) -> None:
    """Issue 5: below its summary."""
    notebook.run(SCORE)
    notebook.run("%modelop register churn")
    notebook.run("job = %modelop batch churn in.json")
    notebook.run(f"%modelop job rerun {notebook.shell.user_ns['job'].id}")

    assert "Nothing differs from the first run" in notebook.text
