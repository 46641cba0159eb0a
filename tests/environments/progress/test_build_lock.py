"""One process builds, the others wait and show its progress; a killed one is replaced."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.environments.progress import build_lock, status_file
from modelop_jupyter.environments.progress.build_lock import BuildLock
from modelop_jupyter.environments.progress.status_file import BuildStatusFiles
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.errors import EnvironmentBuildError
from tests.waiting import PATIENCE, wait_until

MakeLock = Callable[..., BuildLock]


@pytest.fixture
def make_lock(tmp_path: Path) -> MakeLock:
    """Make the build lock of a process with a progress callback."""
    store = EnvironmentStore(tmp_path)
    return lambda progress=lambda step: None: BuildLock(
        store, BuildStatusFiles(tmp_path / "status"), progress
    )


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Let another process hold a lock and report a step; return the function that kills it."""
    script = (
        "import sys, pathlib\n"
        "from modelop_jupyter.environments.progress.status_file import BuildStatusFiles\n"
        "from modelop_jupyter.environments.store import EnvironmentStore\n"
        "from modelop_jupyter.environments.progress.build_lock import BuildLock\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "store, statuses = EnvironmentStore(root), BuildStatusFiles(root / 'status')\n"
        "lock = BuildLock(store, statuses, lambda step: None)\n"
        "with lock.acquire('env', 'waiting') as reporter:\n"
        "    reporter.start('installing', '3 packages')\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process.kill
        process.kill()


def _wait_for(steps: list[BuildStep], step: str) -> None:
    wait_until(lambda: any(shown.step == step for shown in steps))


def _acquire(lock: BuildLock, raised: list[Exception]) -> None:
    try:
        with lock.acquire("env", "another process builds it") as reporter:
            reporter.start("ready", "1 package")
    except EnvironmentBuildError as error:
        raised.append(error)


def test_a_waiting_process_shows_the_progress_of_the_builder(make_lock: MakeLock) -> None:
    """Step, bytes and seconds, as the builder sees them itself (issue 4, ready before needed)."""
    steps: list[BuildStep] = []
    with make_lock().acquire("env", "") as reporter:
        reporter.start("installing", "2 packages")
        reporter.parse("numpy  ---------- 1.0 KiB/4.0 KiB\n")
        waiter = Thread(target=_acquire, args=(make_lock(steps.append), []))
        waiter.start()
        _wait_for(steps, "downloading")
    waiter.join(PATIENCE)
    seen = next(step for step in steps if step.step == "downloading")

    assert (seen.text, seen.bytes, seen.total_bytes, seen.is_joined) == ("numpy", 1024, 4096, True)
    assert seen.seconds > 0
    assert steps[-1].step == "ready"


def test_a_download_that_halts_is_shown_where_it_halted(
    make_lock: MakeLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that came too soon after another is shown with the next second."""
    monkeypatch.setattr(status_file, "_WRITE_SECONDS", 3600.0)
    steps: list[BuildStep] = []
    with make_lock(steps.append).acquire("env", "") as reporter:
        for done in (1, 2, 3):
            reporter.parse(f"numpy  ---------- {done}.0 KiB/4.0 KiB\n")
        reporter.parse(None)

    assert [step.bytes for step in steps] == [1024, 3072]


@pytest.mark.slow
def test_seconds_go_on_while_no_line_comes(make_lock: MakeLock) -> None:
    """A long step does not look like one that hangs."""
    steps: list[BuildStep] = []
    with make_lock().acquire("env", "") as reporter:
        reporter.start("resolving", "1 requirement")
        waiter = Thread(target=_acquire, args=(make_lock(steps.append), []))
        waiter.start()
        wait_until(lambda: len([step for step in steps if step.step == "resolving"]) > 2)
    waiter.join(PATIENCE)
    seconds = [step.seconds for step in steps if step.step == "resolving"]

    assert seconds == sorted(seconds)
    assert seconds[2] - seconds[0] > 1


def test_a_failure_is_raised_in_waiting_processes(make_lock: MakeLock) -> None:
    """A process that waited does not try the same again; one that comes later does."""
    steps: list[BuildStep] = []
    raised: list[Exception] = []
    refusal = EnvironmentBuildError("no index has it", asset="r.txt", line=2, remedy="Look")
    with pytest.raises(EnvironmentBuildError), make_lock().acquire("env", "") as reporter:
        reporter.start("resolving", "1 requirement")
        waiter = Thread(target=_acquire, args=(make_lock(steps.append), raised))
        waiter.start()
        _wait_for(steps, "resolving")
        raise refusal
    waiter.join(PATIENCE)
    later: list[Exception] = []
    _acquire(make_lock(), later)

    assert [str(error) for error in raised] == [str(refusal)]
    assert later == []


def test_a_killed_builder_is_replaced(
    make_lock: MakeLock, killed: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock is free at once, and the process that waited goes on."""
    # However long this takes, a step that goes on is shown once.
    monkeypatch.setattr(build_lock, "_TICK_SECONDS", 3600.0)
    steps: list[BuildStep] = []
    waiter = Thread(target=_acquire, args=(make_lock(steps.append), []))
    waiter.start()
    _wait_for(steps, "installing")
    killed()
    waiter.join(PATIENCE)

    assert [step.step for step in steps] == ["installing", "taking over", "ready"]


def test_a_home_without_status_files_stops_no_build(make_lock: MakeLock, tmp_path: Path) -> None:
    """Status files are for other processes: where none can be written, a build goes on."""
    (tmp_path / "status").write_text("a file in its place")
    steps: list[BuildStep] = []

    _acquire(make_lock(steps.append), [])

    assert [step.step for step in steps] == ["ready"]
