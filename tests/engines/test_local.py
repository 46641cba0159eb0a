"""Starting a command, and ending it with everything it started."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from modelop_jupyter.engines import Command, describe_exit, end_tree, local
from modelop_jupyter.processes import is_running

from ..waiting import PATIENCE, wait_until

# Starts a child in a session of its own, whose parent then is init.
FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""


def command_for(folder: Path, code: str) -> Command:
    return Command(
        (sys.executable, "-c", code), folder, {}, folder / "console.log", mark="test-job"
    )


def wait_for(path: Path) -> str:
    wait_until(lambda: path.exists() and path.read_text().endswith("\n"))
    return path.read_text()


def test_output_of_both_kinds_is_kept_in_order(tmp_path: Path) -> None:
    """stdout and stderr go to one file."""
    command = command_for(
        tmp_path, "import sys; print('a', flush=True); print('b', file=sys.stderr); print('c')"
    )

    assert local.launch(command).wait(PATIENCE) == 0
    assert (tmp_path / "console.log").read_text().split() == ["a", "b", "c"]


def test_a_command_sees_only_the_environment_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of ours is handed down (architecture, decision 2)."""
    monkeypatch.setenv("SECRET_OF_THE_NOTEBOOK", "1")
    command = command_for(tmp_path, "import os; print('SECRET_OF_THE_NOTEBOOK' in os.environ)")
    local.launch(command).wait(PATIENCE)

    assert (tmp_path / "console.log").read_text().strip() == "False"


def test_killing_reaches_children_that_left_the_group(tmp_path: Path) -> None:
    """A grandchild with a session of its own is found by its mark."""
    command = command_for(tmp_path, FAMILY)
    handle = local.launch(command)
    child = int(wait_for(tmp_path / "console.log"))

    handle.kill()

    assert handle.poll() is not None
    wait_until(lambda: not is_running(child, None))


def test_an_orphan_is_found_by_its_mark_alone(tmp_path: Path) -> None:
    """What is left when the runner was killed first is ended too."""
    command = command_for(tmp_path, FAMILY)
    handle = local.launch(command)
    child = int(wait_for(tmp_path / "console.log"))
    psutil.Process(handle.pid).kill()
    handle.wait(PATIENCE)

    end_tree("test-job")

    wait_until(lambda: not is_running(child, None))


def test_a_process_is_found_while_its_program_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of execve a process has no environment to read, and so no mark."""
    handle = local.launch(command_for(tmp_path, "import time; time.sleep(600)"))
    environ, cmdline = psutil.Process.environ, psutil.Process.cmdline
    loading = iter([True] * 3)

    def environ_while_loading(process: psutil.Process) -> dict[str, str]:
        if process.pid == handle.pid and next(loading, False):
            return {}
        return environ(process)

    def cmdline_while_loading(process: psutil.Process) -> list[str]:
        return [] if process.pid == handle.pid else cmdline(process)

    monkeypatch.setattr(psutil.Process, "environ", environ_while_loading)
    monkeypatch.setattr(psutil.Process, "cmdline", cmdline_while_loading)
    end_tree("test-job", grace=0)

    assert handle.wait(PATIENCE) is not None


@pytest.mark.parametrize(
    ("code", "words"), [(3, "exit code 3"), (-9, "signal SIGKILL"), (-11, "signal SIGSEGV")]
)
def test_an_exit_is_told_in_words(code: int, words: str) -> None:
    """Nobody has to know what -9 means."""
    assert describe_exit(code) == words


def test_a_member_of_a_family_is_ended_alone(tmp_path: Path) -> None:
    """One worker's mark is not another's; the job's is that of all."""
    sleep = (sys.executable, "-c", "import time; time.sleep(600)")
    one, two = (
        local.launch(Command(sleep, tmp_path, {}, tmp_path / "log", mark=f"family/{n}"))
        for n in (1, 2)
    )
    one.kill(at_once=True)
    still = two.poll()
    end_tree("family")
    ended = two.wait(PATIENCE)

    assert one.poll() is not None
    assert still is None
    assert ended is not None


def test_memory_and_cpu_are_those_of_all_it_started(tmp_path: Path) -> None:
    """A model may leave the work to a child."""
    child = "import time; x = bytearray(100 << 20); print('there', flush=True); time.sleep(600)"
    command = command_for(
        tmp_path, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    )
    handle = local.launch(command)
    wait_for(tmp_path / "console.log")
    usage = handle.usage()
    handle.kill()

    assert usage is not None
    assert usage.memory > 100 << 20
    assert usage.cpu > 0
    assert handle.usage() is None
