"""How far an environment is, as ``env show`` tells it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError

Asking = Callable[..., EnvironmentSpec]


def _refuse() -> int:
    raise AssertionError("no process is started")


def test_from_nothing_to_ready(manager: EnvironmentManager, house, asking: Asking) -> None:
    """Not locked, not built, ready."""
    house.add("demo", "1.0")
    spec = asking("demo")
    states = [manager.standing.state(spec)]
    lock = manager.lock(spec)
    states.append(manager.standing.state(spec))
    environment = manager.ensure(lock)
    states.append(manager.standing.state(spec))

    assert [each.state for each in states] == ["not locked", "not built", "ready"]
    assert states[-1].environment == manager.find(lock)
    assert environment.fingerprint == lock.fingerprint


def test_a_failed_attempt_is_told_until_the_next(
    manager: EnvironmentManager, house, asking: Asking
) -> None:
    """With line, reason, remedy and log; it stops nobody from trying again."""
    spec = asking("six\n\nnowhere-to-be-had==1.0\n")
    house.add("six", "1.0")
    with pytest.raises(EnvironmentBuildError) as raised:
        manager.lock(spec)
    state = manager.standing.state(spec)
    house.add("nowhere-to-be-had", "1.0")
    manager.ensure(manager.lock(spec))

    assert (state.state, state.step) == ("failed", None)
    assert state.failure
    assert state.failure.message == raised.value.cause
    assert state.failure.remedy == raised.value.remedy
    assert (state.failure.asset, state.failure.line) == ("requirements.txt", 3)
    assert state.failure.log
    assert Path(state.failure.log).is_file()
    assert manager.standing.state(spec).state == "ready"


def test_other_requirements_have_not_failed(
    manager: EnvironmentManager, house, asking: Asking
) -> None:
    """A failure belongs to what was asked for."""
    with pytest.raises(EnvironmentBuildError):
        manager.lock(asking("nowhere-to-be-had==1.0"))

    assert manager.standing.state(asking("something-else==1.0")).state == "not locked"


@pytest.mark.parametrize(
    ("text", "python", "message"),
    [
        ("six\n-e .\n", None, "requirements.txt, line 2"),
        ("six", "2.1", "2.1"),
    ],
)
def test_what_cannot_be_asked_has_failed_already(
    manager: EnvironmentManager, asking: Asking, text: str, python: str | None, message: str
) -> None:
    """A line that no installer could use, a Python that is not here: no process finds out first."""
    given = asking(text)
    spec = EnvironmentSpec(python, given.files, given.holders)

    state = manager.standing.prepare(spec, _refuse)

    assert state.state == "failed"
    assert state.failure
    assert message in state.failure.message


def test_one_process_prepares_a_question(
    manager: EnvironmentManager, asking: Asking, house
) -> None:
    """While it lives, nobody starts another; when it was killed, somebody does."""
    spec = asking("demo==1.0\nother==2.0\n")
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    first = manager.standing.prepare(spec, lambda: process.pid)
    second = manager.standing.prepare(spec, _refuse)
    process.communicate(b"\n")
    third = manager.standing.state(spec)

    assert first.step
    assert (first.state, first.step.text) == ("building", "2 requirements")
    assert (second.state, third.state) == ("building", "not locked")


def test_nothing_is_prepared_twice(manager: EnvironmentManager, asking: Asking) -> None:
    """What is ready stays as it is."""
    manager.ensure(manager.lock(asking("")))

    assert manager.standing.prepare(asking(""), _refuse).state == "ready"


def test_a_process_that_cannot_be_started_is_no_error(
    manager: EnvironmentManager, asking: Asking
) -> None:
    """Registering never fails because of what was only meant to save time."""

    def fail() -> int:
        raise OSError(12, "Cannot allocate memory")

    assert manager.standing.prepare(asking("demo==1.0"), fail).state == "not locked"


def test_the_background_leaves_no_announcement(
    manager: EnvironmentManager, asking: Asking, house
) -> None:
    """What was announced is taken back when it is done."""
    house.add("demo", "1.0")
    spec = asking("demo")
    manager.standing.prepare(spec, os.getpid)
    during = manager.standing.state(spec).state
    with manager.standing.turn(spec):
        manager.ensure(manager.lock(spec))

    assert during == "building"
    assert list((manager.root / "status").iterdir()) == []


def test_a_failure_with_other_settings_of_pip_is_told_as_such(
    manager: EnvironmentManager, house, asking: Asking, offline: dict[str, str]
) -> None:
    """In another shell it reads neither as never tried nor as what this one would meet."""
    spec = asking("nowhere-to-be-had==1.0\n")
    with pytest.raises(EnvironmentBuildError) as raised:
        manager.lock(spec)
    other = EnvironmentManager(
        manager.root, environ={**offline, "PIP_EXTRA_INDEX_URL": "https://u:s3cret@h"}
    )
    state = other.standing.state(spec)

    assert state.state == "failed"
    assert state.failure
    assert (
        "with other settings of pip than those here (PIP_EXTRA_INDEX_URL)" in state.failure.reason
    )
    assert raised.value.cause in state.failure.message
    assert "env build NAME" in (state.failure.remedy or "")
    assert other.standing.state(asking("another==1.0\n")).state == "not locked"
    assert not [path for path in manager.root.rglob("*.json") if "s3cret" in path.read_text()]


def test_a_failure_with_the_same_settings_is_the_own_one(
    manager: EnvironmentManager, asking: Asking, offline: dict[str, str]
) -> None:
    """Another process of the same shell."""
    spec = asking("nowhere-to-be-had==1.0\n")
    with pytest.raises(EnvironmentBuildError) as raised:
        manager.lock(spec)
    state = EnvironmentManager(manager.root, environ=offline).standing.state(spec)

    assert state.failure and state.failure.message == raised.value.cause
