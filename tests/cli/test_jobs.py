"""The verbs of jobs that ended early or have bad records, in a terminal."""

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

from tests.waiting import PATIENCE, wait_until

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


def test_a_cancelled_job_is_resumed(run: Run, slow: str, folder: Path) -> None:
    """Issue 5: `job cancel`, `job retry`, and the hint that leads from one to the other."""
    held, reached = folder / "held", folder / "reached"
    held.touch()
    (folder / "slow.py").write_text(HOLDING.format(held=str(held), reached=str(reached)))
    run("asset", "add", slow, "slow.py")
    begun = document(run("batch", slow, "many.json", "--background", "--json"))
    wait_until(reached.exists)
    cancelled = run("job", "cancel", begun["id"])
    held.unlink()
    retried = run("job", "retry", begun["id"][:8], "--json")

    assert f"Retry:\n  modelop job retry {begun['id'][:8]}" in cancelled.stdout
    assert retried.returncode == 1  # one record failed
    assert document(retried)["counts"]["records_in"] == 300
    assert document(retried)["options"]["origin"] == {"job": begun["id"], "verb": "retry"}
    assert run("job", "retry", begun["id"][:8], "--failed").returncode == 1


def test_bad_records_are_data(run: Run, slow: str) -> None:
    """Issue 5: index, stage, exception, message, traceback; the content only on request."""
    job = document(run("batch", slow, "many.json", "--limit", "2", "--json"))["id"]
    plain, full = run("job", "errors", job), run("job", "errors", job, "--records")
    shown = document(run("job", "show", job, "--json"))
    grouped = document(run("job", "errors", job, "--group", "--json"))

    opened = ["run", slow, "--record", f"{job[:8]}:0", "--load"]
    assert [remedy["commands"] for remedy in shown["remedies"]] == [[opened]]
    assert "ZeroDivisionError: division by zero" in plain.stdout
    assert 'File "slow.py", line 5, in score' in plain.stdout
    assert '{"x": 0}' not in plain.stdout
    assert '{"x": 0}' in full.stdout
    assert document(run("job", "errors", job, "--json"))[0]["record"] is None
    assert [(g["count"], g["exception"], g["line"]) for g in grouped] == [
        (1, "ZeroDivisionError", 5)
    ]


def test_a_rerun_shows_what_differs(run: Run, slow: str, folder: Path) -> None:
    """Issue 5: after its end, as a table and as data."""
    job = document(run("batch", slow, "many.json", "--limit", "2", "--json"))["id"]
    same = run("job", "rerun", job)
    (folder / "many.json").write_text('{"x": 1}\n')
    other = document(run("job", "rerun", job, "--json"))

    assert "Nothing differs from the first run" in same.stdout
    assert [difference["what"] for difference in other["differences"]] == [
        "input",
        "status",
        "records",
    ]


def test_ctrl_c_ends_only_the_display_of_an_attached_job(
    run: Run, slow: str, folder: Path, environ: dict[str, str]
) -> None:
    """Issue 5: the line continues in a terminal, in place; the job goes on."""
    held = folder / "held"
    held.touch()
    (folder / "slow.py").write_text(HOLDING.format(held=str(held), reached=str(folder / "reached")))
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
    deadline = time.monotonic() + PATIENCE
    while b" of about 3" not in shown and time.monotonic() < deadline:
        if select.select([main], [], [], 0.1)[0]:
            shown += os.read(main, 65536)
    watching.send_signal(signal.SIGINT)
    rest = read_all(main)
    status = document(run("job", "show", begun["id"], "--json"))["status"]
    run("job", "cancel", begun["id"])

    assert watching.wait(PATIENCE) == 130
    assert "RUNNING" in rest
    assert status == "RUNNING"
    assert shown.count(b"\n") < 5


def read_all(descriptor: int) -> str:
    """Return the output until the other end is closed."""
    output = b""
    try:
        while data := os.read(descriptor, 65536):
            output += data
    except OSError:  # how Linux tells that nobody writes any more
        pass
    return output.decode()


def test_a_log_file_gets_few_lines(run: Run, slow: str) -> None:
    """Issue 5: a log file does not get a line for each record."""
    done = run("batch", slow, "many.json")

    assert 1 < len(done.stderr.splitlines()) < 100


def test_a_record_is_found_in_what_a_model_prints(run: Run, folder: Path) -> None:
    """Issue 8, 39 and 43: the terminal is capped, and says where the rest is."""
    source = "# modelop.score\ndef score(r):\n    print('at', r)\n    return 1 / r\n"
    (folder / "loud.py").write_text(source)
    (folder / "loud.json").write_text("".join(f"{n}\n" for n in range(300)))
    run("register", "loud", "loud.py")
    done = run("batch", "loud", "loud.json")
    job = document(run("jobs", "--json"))[0]["id"]

    assert f"… and 280 more in the log: modelop job log {job[:8]}\n" in done.stderr
    assert "record 0 printed:\n  at 0\n" in done.stdout
    assert run("job", "log", job, "--record", "299").stdout == "at 299\n"
    assert run("job", "log", job, "--grep", "/at 29[89]/").stdout == "at 298\nat 299\n"
    assert "No line of the log matches." in run("job", "log", job, "--grep", "none").stdout


def test_the_list_of_jobs_is_filtered(run: Run, slow: str) -> None:
    """With the options of `job gc`; a job is listed that has all of it."""
    run("register", slow, "slow.py", "--tag", "fraud")
    job = document(run("batch", slow, "many.json", "--limit", "2", "--json"))["id"]
    asked = ("jobs", "--tag", "fraud", "--kind", "batch", "--before", "2100-01-31")
    status = "finished_with_failed_records"

    assert [each["id"] for each in document(run(*asked, "--status", status, "--json"))] == [job]
    assert "No job has all of this." in run(*asked, "--status", "cancelled").stdout
    assert "No job has all of this." in run("jobs", "--tag", "none").stdout


def test_one_worker_is_used_where_more_would_change_the_output(run: Run, slow: str) -> None:
    """Issue 5: with the reason in the log."""
    words = ("batch", slow, "many.json", "--limit", "9", "--workers", "2", "--json")
    job = document(run(*words))["id"]

    assert "one worker instead of 2: --limit counts records" in run("job", "log", job).stdout


def test_a_trial_names_the_line_that_goes_on(run: Run, folder: Path) -> None:
    """With all that was typed, for a line that is copied and run."""
    (folder / "tried.py").write_text("# modelop.score\ndef score(r):\n    return r\n")
    (folder / "two.json").write_text('{"x": 1}\n{"x": 2}\n')
    assert run("register", "tried", "tried.py").returncode == 0
    words = "batch tried two.json -o out.json --memory 1GB --max-errors 5% --record-timeout 9"

    tried = run(*words.split(), "--try", "2", "--workers", "1")
    both = run(*words.split(), "--try", "2", "--limit", "1")

    assert (
        "batch tried two.json -o out.json --max-errors 5% --record-timeout 9 --memory 1000000000"
        in tried.stdout
    )
    assert both.returncode == 2
    assert "--try and --limit both say how many" in both.stderr
