"""One builds, the others wait and see what it is at; who is killed is replaced."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.environments.notes import Notes
from modelop_jupyter.environments.shelf import Shelf
from modelop_jupyter.environments.turns import Turns
from modelop_jupyter.errors import EnvironmentBuildError

Taking = Callable[..., Turns]


@pytest.fixture
def taking(tmp_path: Path) -> Taking:
    """Make the turns of somebody, whose progress goes where it is wanted."""
    shelf = Shelf(tmp_path)
    return lambda progress=lambda step: None: Turns(shelf, Notes(tmp_path / "status"), progress)


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Let another process hold a guard and tell of a step; kill it when asked to."""
    script = (
        "import sys, time, pathlib\n"
        "from modelop_jupyter.environments.notes import Notes\n"
        "from modelop_jupyter.environments.shelf import Shelf\n"
        "from modelop_jupyter.environments.turns import Turns\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "turns = Turns(Shelf(root), Notes(root / 'status'), lambda step: None)\n"
        "with turns.take('env', 'waiting') as reporter:\n"
        "    reporter.say('installing', '3 packages')\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    yield process.kill
    process.kill()
    process.wait()
    process.stdout.close()


def _wait_for(steps: list[BuildStep], step: str) -> None:
    deadline = time.monotonic() + 20
    while not any(each.step == step for each in steps):
        assert time.monotonic() < deadline, steps
        time.sleep(0.01)


def _take(turns: Turns, raised: list[Exception]) -> None:
    try:
        with turns.take("env", "another process builds it") as reporter:
            reporter.say("ready", "1 package")
    except EnvironmentBuildError as error:
        raised.append(error)


def test_who_waits_sees_what_the_builder_is_at(taking: Taking) -> None:
    """Step, bytes and seconds, as the builder sees them itself (issue 4, ready before needed)."""
    steps: list[BuildStep] = []
    with taking().take("env", "") as reporter:
        reporter.say("installing", "2 packages")
        reporter.hear("numpy  ---------- 1.0 KiB/4.0 KiB\n")
        waiter = Thread(target=_take, args=(taking(steps.append), []))
        waiter.start()
        _wait_for(steps, "downloading")
    waiter.join(20)
    seen = next(step for step in steps if step.step == "downloading")

    assert (seen.text, seen.bytes, seen.total_bytes, seen.is_joined) == ("numpy", 1024, 4096, True)
    assert seen.seconds > 0
    assert steps[-1].step == "ready"


def test_a_download_that_halts_is_shown_where_it_halted(taking: Taking) -> None:
    """What came too quickly to be told is told with the next second."""
    steps: list[BuildStep] = []
    with taking(steps.append).take("env", "") as reporter:
        for done in (1, 2, 3):
            reporter.hear(f"numpy  ---------- {done}.0 KiB/4.0 KiB\n")
        reporter.hear(None)

    assert [step.bytes for step in steps] == [1024, 3072]


@pytest.mark.slow
def test_seconds_go_on_while_nothing_is_told(taking: Taking) -> None:
    """A long step does not look like one that hangs."""
    steps: list[BuildStep] = []
    with taking().take("env", "") as reporter:
        reporter.say("resolving", "1 requirement")
        waiter = Thread(target=_take, args=(taking(steps.append), []))
        waiter.start()
        time.sleep(2.3)
    waiter.join(20)

    assert [int(step.seconds) for step in steps if step.step == "resolving"] == [0, 1, 2]


def test_a_failure_is_everybodys(taking: Taking) -> None:
    """Who waited for an attempt does not make the same one again; who comes later does."""
    steps: list[BuildStep] = []
    raised: list[Exception] = []
    refusal = EnvironmentBuildError("no index has it", asset="r.txt", line=2, remedy="Look")
    with pytest.raises(EnvironmentBuildError), taking().take("env", "") as reporter:
        reporter.say("resolving", "1 requirement")
        waiter = Thread(target=_take, args=(taking(steps.append), raised))
        waiter.start()
        _wait_for(steps, "resolving")
        raise refusal
    waiter.join(20)
    later: list[Exception] = []
    _take(taking(), later)

    assert [str(error) for error in raised] == [str(refusal)]
    assert later == []


def test_a_killed_builder_is_replaced(taking: Taking, killed: Callable[[], None]) -> None:
    """Its guard is free at once, and whoever waited says that it goes on."""
    steps: list[BuildStep] = []
    waiter = Thread(target=_take, args=(taking(steps.append), []))
    waiter.start()
    _wait_for(steps, "installing")
    killed()
    waiter.join(20)

    assert [step.step for step in steps] == ["installing", "taking over", "ready"]


def test_a_home_that_takes_no_notes_stops_nobody(taking: Taking, tmp_path: Path) -> None:
    """A note is for others: where none can be written, a build goes on."""
    (tmp_path / "status").write_text("a file in its place")
    steps: list[BuildStep] = []

    _take(taking(steps.append), [])

    assert [step.step for step in steps] == ["ready"]
