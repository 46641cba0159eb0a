"""A process that would make another fork than a fresh process is refuses to be forked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ...waiting import PATIENCE
from ..harness import RUNNER, Stage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are made on Linux only")
THREAD = (
    "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
)

HALTING = """\
import os, socket
def listen(self, backlog):
    with open("before", "w") as file:
        file.write(" ".join(os.listdir(".")))
    os._exit(0)
socket.socket.listen = listen
"""


def serve(stage: Stage, place: Path, library: str, memory: int = 10**9) -> Path:
    """Start a process that loads a library, wait for its end without an error, and return its folder."""
    (place / "a_library.py").write_text(library)
    folder = place / "server"
    folder.mkdir()
    spec = {"load": ["a_library"], "run": None, "idle": 60, "memory": memory, "watch": []}
    (folder / "warm.json").write_text(json.dumps(spec))
    with (folder / "warm.log").open("wb") as log:
        code = subprocess.call(
            [stage.python, "-u", str(RUNNER), "--prefork", str(folder)],
            stdout=log,
            stderr=log,
            env={"PYTHONPATH": str(place), "MODELOP_JOB_ID": "0" * 64},
            timeout=PATIENCE,
        )
    assert code == 0
    return folder


@pytest.mark.parametrize(
    ("library", "memory", "reason"),
    [
        (THREAD, 10**9, "a library has started a thread when it was loaded"),
        ("print('welcome')", 10**9, "a library prints something when it is loaded"),
        ("", 1000, "it takes "),
    ],
    ids=["thread", "print", "memory"],
)
def test_a_process_says_why_it_cannot_be_forked(
    any_stage: Stage, tmp_path: Path, library: str, memory: int, reason: str
) -> None:
    """It ends, and every job starts afresh."""
    folder = serve(any_stage, tmp_path, library, memory)

    assert (folder / "refused").read_text().startswith(reason)
    assert not (folder / "socket").exists()


def test_its_socket_is_there_when_it_listens_and_not_before(
    any_stage: Stage, tmp_path: Path
) -> None:
    """One that refuses a connection is taken for that of a process which has ended."""
    folder = serve(any_stage, tmp_path, HALTING)

    assert "socket" not in (folder / "before").read_text().split()
