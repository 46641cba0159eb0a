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
    (tmp_path / "a_library.py").write_text(library)
    folder = tmp_path / "server"
    folder.mkdir()
    spec = {"load": ["a_library"], "run": None, "idle": 60, "memory": memory, "watch": []}
    (folder / "warm.json").write_text(json.dumps(spec))
    with (folder / "warm.log").open("wb") as log:
        code = subprocess.call(
            [any_stage.python, "-u", str(RUNNER), "--prefork", str(folder)],
            stdout=log,
            stderr=log,
            env={"PYTHONPATH": str(tmp_path), "MODELOP_JOB_ID": "0" * 64},
            timeout=PATIENCE,
        )

    assert code == 0
    assert (folder / "refused").read_text().startswith(reason)
    assert not (folder / "socket").exists()
