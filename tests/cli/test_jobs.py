"""The verbs of jobs that ended early or have bad records, as a terminal types them."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run

pytestmark = pytest.mark.slow

SLOW = "import time\n# modelop.score\ndef score(r):\n    time.sleep(0.01)\n    return 1 / r['x']\n"
HOLDING = """\
import os, time
# modelop.score
def score(r):
    while r["x"] == 150 and os.path.exists({held!r}):
        open({reached!r}, "w").close()
        time.sleep(0.02)
    return 1 / r["x"]
"""


@pytest.fixture
def slow(run: Run, folder: Path) -> str:
    """The name of a model that takes three seconds for an input, whose first record fails."""
    (folder / "slow.py").write_text(SLOW)
    (folder / "many.json").write_text("".join(f'{{"x": {n}}}\n' for n in range(300)))
    assert run("register", "slow", "slow.py").returncode == 0
    return "slow"


def document(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def test_a_cancelled_job_is_gone_on_with(run: Run, slow: str, folder: Path) -> None:
    """Issue 5: `job cancel`, `job retry`, with the words that lead from one to the other."""
    held, reached = folder / "held", folder / "reached"
    held.touch()
    (folder / "slow.py").write_text(HOLDING.format(held=str(held), reached=str(reached)))
    run("asset", "add", slow, "slow.py")
    begun = document(run("batch", slow, "many.json", "--background", "--json"))
    deadline = time.monotonic() + 60
    while not reached.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    cancelled = run("job", "cancel", begun["id"])
    held.unlink()
    retried = run("job", "retry", begun["id"][:8], "--json")

    assert f"'modelop job retry {begun['id'][:8]}' goes on where it stood." in cancelled.stdout
    assert retried.returncode == 1  # one record failed
    assert document(retried)["counts"]["records_in"] == 300
    assert document(retried)["options"]["origin"] == {"job": begun["id"], "verb": "retry"}
    assert run("job", "retry", begun["id"][:8], "--failed").returncode == 1


def test_bad_records_are_data(run: Run, slow: str) -> None:
    """Issue 5: index, stage, exception, message, traceback; the content only on request."""
    job = document(run("batch", slow, "many.json", "--limit", "2", "--json"))["id"]
    plain, full = run("job", "errors", job), run("job", "errors", job, "--records")
    grouped = document(run("job", "errors", job, "--group", "--json"))

    assert "ZeroDivisionError: division by zero" in plain.stdout
    assert 'File "slow.py", line 5, in score' in plain.stdout
    assert '{"x": 0}' not in plain.stdout
    assert '{"x": 0}' in full.stdout
    assert document(run("job", "errors", job, "--json"))[0]["record"] is None
    assert [(g["count"], g["exception"], g["line"]) for g in grouped] == [
        (1, "ZeroDivisionError", 5)
    ]


def test_a_rerun_tells_what_differs(run: Run, slow: str, folder: Path) -> None:
    """Issue 5: after its end, as a table and as data."""
    job = document(run("batch", slow, "many.json", "--limit", "2", "--json"))["id"]
    same = run("job", "rerun", job)
    (folder / "many.json").write_text('{"x": 1}\n')
    other = document(run("job", "rerun", job, "--json"))

    assert "Nothing differs from the first run" in same.stdout
    assert [each["what"] for each in other["differences"]] == [
        "input",
        "status",
        "records",
    ]


def test_ctrl_c_ends_the_watching_of_an_attached_job_only(
    run: Run, slow: str, folder: Path, environ: dict[str, str]
) -> None:
    """Issue 5: the line continues in a terminal, in place; the job goes on."""
    (folder / "slow.py").write_text(SLOW.replace("0.01", "0.1"))
    run("register", slow, "slow.py")
    begun = document(run("batch", slow, "many.json", "--background", "--json"))
    main, other = pty.openpty()
    watching = subprocess.Popen(
        [sys.executable, "-m", "modelop_jupyter", "job", "attach", begun["id"][:8]],
        cwd=folder,
        env={**environ, "TERM": "xterm", "COLUMNS": "200"},
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
    )
    os.close(other)
    shown = b""
    deadline = time.monotonic() + 60
    while b" of about 3" not in shown and time.monotonic() < deadline:
        if select.select([main], [], [], 0.1)[0]:
            shown += os.read(main, 65536)
    watching.send_signal(signal.SIGINT)
    rest = read_all(main)
    status = document(run("job", "show", begun["id"], "--json"))["status"]
    run("job", "cancel", begun["id"])

    assert watching.wait(30) == 130
    assert "RUNNING" in rest
    assert status == "RUNNING"
    assert shown.count(b"\n") < 5


def read_all(descriptor: int) -> str:
    """Return what comes until the other end is closed."""
    found = b""
    try:
        while data := os.read(descriptor, 65536):
            found += data
    except OSError:  # how Linux tells that nobody writes any more
        pass
    return found.decode()


def test_a_log_file_gets_few_lines(run: Run, slow: str) -> None:
    """Issue 5: no thousand lines where nobody watches."""
    done = run("batch", slow, "many.json")

    assert 1 < len(done.stderr.splitlines()) < 6


def test_workers_that_would_change_something_are_one_and_it_says_why(run: Run, slow: str) -> None:
    """Issue 5: with the reason in the log."""
    job = document(run("batch", slow, "many.json", "-o", "o.csv", "--workers", "2", "--json"))["id"]

    assert "one worker instead of 2: the first record out names" in run("job", "log", job).stdout
