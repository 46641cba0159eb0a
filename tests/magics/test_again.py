"""Jobs that are attached to, resumed, or run again, in a cell."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.workspace import Job

from .conftest import Notebook
from .test_magic import SCORE

pytestmark = pytest.mark.slow


@pytest.fixture
def running(notebook: Notebook, tmp_path: Path) -> Job:
    """A job that takes some seconds, submitted by another cell."""
    (tmp_path / "many.json").write_text("".join(f'{{"x": {n}}}\n' for n in range(400)))
    (tmp_path / "slow.py").write_text(
        "import time\n# modelop.score\ndef f(r):\n    time.sleep(0.01)\n    return r\n"
    )
    notebook.run("%modelop register slow slow.py")
    notebook.run("job = %modelop batch slow many.json --background")
    job: Job = notebook.shell.user_ns["job"]
    return job


def test_a_running_job_is_attached_to_until_its_end(notebook: Notebook, running: Job) -> None:
    """Issue 5: also a job of another session; the cell shows its summary."""
    notebook.run(f"again = %modelop job attach {running.id[:8]}")

    assert notebook.shell.user_ns["again"].status is JobStatus.COMPLETE
    assert "COMPLETE SUCCESS" in notebook.text


def test_stop_leaves_an_attached_job_alone(notebook: Notebook, running: Job) -> None:
    """Issue 5: the job goes on."""
    main = threading.main_thread().ident
    timer = threading.Timer(1.0, signal_of_stop, [main])
    timer.start()
    notebook.run(f"%modelop job attach {running.id[:8]}")
    status = running.status
    running.cancel()

    assert isinstance(notebook.error, KeyboardInterrupt)
    assert f"job {running.id[:8]} continues" in notebook.out + notebook.err
    assert not status.is_done


def signal_of_stop(main: int) -> None:
    """Interrupt the main thread, as Jupyter does."""
    import signal

    signal.pthread_kill(main, signal.SIGINT)


def test_a_cancelled_job_is_resumed(notebook: Notebook, running: Job) -> None:
    """Issue 5: `job retry` in a cell shows and returns the new job."""
    time.sleep(2.0)
    running.cancel()
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
