"""A runner ends with the process that holds the other end of its pipe, on every Python."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ..waiting import PATIENCE
from .harness import RUNNER, Stage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere with its next record")
MODEL = """\
import os, signal, sys, time
# modelop.score
def score(record):
    yield {
        "variables": sorted(name for name in os.environ if "LIFELINE" in name),
        "handler": signal.getsignal(signal.SIGIO) == signal.SIG_DFL,
        "threads": len(os.listdir("/proc/self/task")),
    }
    if record["hangs"]:
        print("hangs", flush=True)
        time.sleep(600)
"""


def held(stage: Stage, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start the runner of a staged folder as a supervisor does; returns our end of its pipe."""
    theirs, ours = os.pipe()
    os.set_blocking(theirs, False)
    process = subprocess.Popen(
        [stage.python, "-I", "-u", "-X", "utf8", str(RUNNER), str(folder)],
        cwd=folder / "work",
        env={**os.environ, "MODELOP_LIFELINE": str(theirs)},
        pass_fds=[theirs],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def test_a_runner_that_hangs_is_killed_when_its_supervisor_ends(any_stage: Stage) -> None:
    """Issue 11, number 9."""
    first, ran = any_stage.start(MODEL, '{"hangs": true}')
    first.kill()
    first.wait()
    process, ours = held(any_stage, ran.folder)
    assert process.stdout is not None
    assert process.stdout.readline() == b"hangs\n"
    os.close(ours)

    assert process.wait(PATIENCE) == -signal.SIGKILL
    process.stdout.close()


def test_a_runner_whose_supervisor_is_gone_already_does_nothing(any_stage: Stage) -> None:
    """It was killed between starting the runner and the runner's first line."""
    first, ran = any_stage.start(MODEL, '{"hangs": true}')
    first.kill()
    first.wait()
    theirs, ours = os.pipe()
    os.close(ours)
    process = subprocess.Popen(
        [any_stage.python, "-I", "-u", "-X", "utf8", str(RUNNER), str(ran.folder)],
        env={**os.environ, "MODELOP_LIFELINE": str(theirs)},
        pass_fds=[theirs],
        start_new_session=True,
    )
    os.close(theirs)

    assert process.wait(PATIENCE) == -signal.SIGKILL


def test_a_model_sees_nothing_of_it(any_stage: Stage) -> None:
    """No variable, no handler, no thread."""
    ran = any_stage(MODEL, '{"hangs": false}')
    process, ours = held(any_stage, ran.folder)
    assert process.wait(PATIENCE) == 0
    os.close(ours)
    assert process.stdout is not None
    process.stdout.close()

    assert ran.records == [{"variables": [], "handler": True, "threads": 1}]
