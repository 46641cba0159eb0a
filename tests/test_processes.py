from __future__ import annotations

import subprocess
import sys

import pytest

from modelop_jupyter import processes
from modelop_jupyter.processes import is_running, start_time


@pytest.fixture(params=["proc", "psutil"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read start times from /proc, and by psutil as on other systems."""
    if request.param == "psutil":

        def refuse(pid: int) -> float:
            raise FileNotFoundError(pid)

        monkeypatch.setattr(processes, "_start_time_on_linux", refuse)


@pytest.mark.usefixtures("way")
def test_a_process_runs_until_it_ends_and_a_zombie_has_ended() -> None:
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    process.stdout.readline()
    started = start_time(process.pid)

    assert is_running(process.pid, started)
    assert is_running(process.pid, None)

    process.stdin.close()
    process.stdout.read()
    process.stdout.close()
    while start_time(process.pid) is not None:
        pass

    assert not is_running(process.pid, started)
    process.wait()
    assert not is_running(process.pid, None)


@pytest.mark.usefixtures("way")
def test_another_process_with_the_same_id_is_not_the_recorded_one() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = start_time(process.pid)
        assert started is not None

        assert not is_running(process.pid, started - 5)
        assert is_running(process.pid, started - 5, tolerance=10)
        process.kill()
