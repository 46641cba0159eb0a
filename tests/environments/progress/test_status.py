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
from modelop_jupyter.environments.progress.status_file import BuildStatusFiles
from modelop_jupyter.errors import EnvironmentBuildError

MakeSpec = Callable[..., EnvironmentSpec]


def _refuse() -> int:
    raise AssertionError("no process is started")


def test_from_nothing_to_ready(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Not locked, not built, ready."""
    wheelhouse.add("demo", "1.0")
    spec = make_spec("demo")
    states = [manager.status.state(spec)]
    lock = manager.lock(spec)
    states.append(manager.status.state(spec))
    environment = manager.ensure(lock)
    states.append(manager.status.state(spec))

    assert [state.state for state in states] == ["not locked", "not built", "ready"]
    assert states[-1].environment == manager.find(lock)
    assert environment.fingerprint == lock.fingerprint


@pytest.mark.parametrize("is_locked", [True, False])
def test_a_build_that_ends_during_the_look_is_ready(
    manager: EnvironmentManager,
    wheelhouse,
    make_spec: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
    is_locked: bool,
) -> None:
    """Its status has gone by the time that it is read."""
    wheelhouse.add("demo", "1.0")
    spec = make_spec("demo")
    if is_locked:
        manager.lock(spec)

    def read(*_: object) -> None:
        manager.ensure(manager.lock(spec))

    monkeypatch.setattr(BuildStatusFiles, "read", read)

    assert manager.status.state(spec).state == "ready"


def test_a_failure_is_shown_until_the_next_attempt(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """With line, reason, remedy and log; the next attempt runs all the same."""
    spec = make_spec("six\n\nnowhere-to-be-had==1.0\n")
    wheelhouse.add("six", "1.0")
    with pytest.raises(EnvironmentBuildError) as raised:
        manager.lock(spec)
    state = manager.status.state(spec)
    wheelhouse.add("nowhere-to-be-had", "1.0")
    manager.ensure(manager.lock(spec))

    assert (state.state, state.step) == ("failed", None)
    assert state.failure
    assert state.failure.message == raised.value.cause
    assert state.failure.remedy == raised.value.remedy
    assert (state.failure.asset, state.failure.line) == ("requirements.txt", 3)
    assert state.failure.log
    assert Path(state.failure.log).is_file()
    assert manager.status.state(spec).state == "ready"


def test_other_requirements_have_not_failed(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """A failure belongs to its request."""
    with pytest.raises(EnvironmentBuildError):
        manager.lock(make_spec("nowhere-to-be-had==1.0"))

    assert manager.status.state(make_spec("something-else==1.0")).state == "not locked"


@pytest.mark.parametrize(
    ("text", "python", "message"),
    [
        ("six\n-e .\n", None, "requirements.txt, line 2"),
        ("six", "2.1", "2.1"),
    ],
)
def test_requirements_that_cannot_be_resolved_have_failed_already(
    manager: EnvironmentManager, make_spec: MakeSpec, text: str, python: str | None, message: str
) -> None:
    """A line that no installer could use, a Python that is not here: no process finds out first."""
    without_python = make_spec(text)
    spec = EnvironmentSpec(python, without_python.files, without_python.holders)

    state = manager.status.start_build(spec, _refuse)

    assert state.state == "failed"
    assert state.failure
    assert message in state.failure.message


def test_one_process_builds_a_request_in_the_background(
    manager: EnvironmentManager, make_spec: MakeSpec, wheelhouse
) -> None:
    """While it runs, no other is started; after it was killed, another one can be."""
    spec = make_spec("demo==1.0\nother==2.0\n")
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    first = manager.status.start_build(spec, lambda: process.pid)
    second = manager.status.start_build(spec, _refuse)
    process.communicate(b"\n")
    third = manager.status.state(spec)

    assert first.step
    assert (first.state, first.step.text) == ("building", "2 requirements")
    assert (second.state, third.state) == ("building", "not locked")


def test_a_ready_environment_is_not_built_in_the_background(
    manager: EnvironmentManager, make_spec: MakeSpec
) -> None:
    """What is ready stays as it is."""
    manager.ensure(manager.lock(make_spec("")))

    assert manager.status.start_build(make_spec(""), _refuse).state == "ready"


def test_a_process_that_cannot_be_started_is_no_error(
    manager: EnvironmentManager, make_spec: MakeSpec
) -> None:
    """Registering never fails because the build in the background cannot start."""

    def fail() -> int:
        raise OSError(12, "Cannot allocate memory")

    assert manager.status.start_build(make_spec("demo==1.0"), fail).state == "not locked"


def test_a_background_build_leaves_no_status(
    manager: EnvironmentManager, make_spec: MakeSpec, wheelhouse
) -> None:
    """The status of a background build is removed when it is done."""
    wheelhouse.add("demo", "1.0")
    spec = make_spec("demo")
    manager.status.start_build(spec, os.getpid)
    during = manager.status.state(spec).state
    with manager.status.build_slot(spec):
        manager.ensure(manager.lock(spec))

    assert during == "building"
    assert list((manager.root / "status").iterdir()) == []


def test_a_failure_with_other_settings_of_pip_says_so(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, offline: dict[str, str]
) -> None:
    """In another shell the state says that it failed with other settings."""
    spec = make_spec("nowhere-to-be-had==1.0\n")
    with pytest.raises(EnvironmentBuildError) as raised:
        manager.lock(spec)
    other = EnvironmentManager(
        manager.root, environ={**offline, "PIP_EXTRA_INDEX_URL": "https://u:s3cret@h"}
    )
    state = other.status.state(spec)

    assert state.state == "failed"
    assert state.failure
    assert (
        "with other settings of pip than those here (PIP_EXTRA_INDEX_URL)" in state.failure.reason
    )
    assert raised.value.cause in state.failure.message
    assert "env build NAME" in (state.failure.remedy or "")
    assert other.status.state(make_spec("another==1.0\n")).state == "not locked"
    assert not [path for path in manager.root.rglob("*.json") if "s3cret" in path.read_text()]


def test_a_failure_with_the_same_settings_is_the_own_one(
    manager: EnvironmentManager, make_spec: MakeSpec, offline: dict[str, str]
) -> None:
    """Another process of the same shell."""
    spec = make_spec("nowhere-to-be-had==1.0\n")
    with pytest.raises(EnvironmentBuildError) as raised:
        manager.lock(spec)
    state = EnvironmentManager(manager.root, environ=offline).status.state(spec)

    assert state.failure and state.failure.message == raised.value.cause
