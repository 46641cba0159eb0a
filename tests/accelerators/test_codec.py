"""The codec that a runner is offered (issue 5, Overhead)."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from modelop_jupyter.accelerators import codec
from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, f"sqlite:///{tmp_path / 'registry.db'}")


def test_a_runner_is_offered_the_folder_of_the_codec(settings: Settings) -> None:
    """It holds the library for our own Python by then."""
    original = codec.installed_library()

    assert codec.offer(settings) == settings.codec
    assert original is not None
    assert [path.name for path in settings.codec.iterdir()] == [original.name]


def test_without_accelerators_no_codec_is_offered_or_fetched(
    settings: Settings, environments: Path
) -> None:
    """MODELOP_ACCELERATORS=off."""
    off = replace(settings, accelerates=False)
    manager = EnvironmentManager(off.environments)
    codec.fetch(off, other_python(environments, oldest=(3, 10)), manager)

    assert codec.offer(off) is None
    assert not off.codec.exists()


def test_the_codec_is_a_copy_of_its_own(tmp_path: Path) -> None:
    """A link would be the same library as a model's own orjson."""
    codec.copy_installed(tmp_path)

    original = codec.installed_library()
    assert original is not None
    copy = tmp_path / original.name
    assert copy.read_bytes() == original.read_bytes()
    assert copy.stat().st_ino != original.stat().st_ino


def test_a_copy_of_another_version_is_replaced(tmp_path: Path) -> None:
    """An upgrade reaches the runners, and what is right already is left alone."""
    original = codec.installed_library()
    assert original is not None
    (tmp_path / original.name).write_bytes(b"older")
    codec.copy_installed(tmp_path)
    first = (tmp_path / original.name).stat().st_ino
    codec.copy_installed(tmp_path)

    assert (tmp_path / original.name).read_bytes() == original.read_bytes()
    assert (tmp_path / original.name).stat().st_ino == first


def test_a_home_that_cannot_be_written_has_no_codec(settings: Settings) -> None:
    """The runner has the standard library's json."""
    settings.codec.touch()

    assert codec.offer(settings) is None


def other_python(environments: Path, *, oldest: tuple[int, int]) -> Interpreter:
    """Return a Python of this machine that is not ours and at least so new."""
    manager = EnvironmentManager(environments)
    own = manager.interpreter().minor
    pythons = [python for python in manager.interpreters() if python.minor != own]
    return next(p for p in pythons if tuple(map(int, p.minor.split("."))) >= oldest)


@pytest.mark.slow
def test_another_python_gets_the_codec_in_our_version(
    environments: Path, settings: Settings
) -> None:
    """Fetched once into the shared folder; no environment stays behind."""
    python = other_python(environments, oldest=(3, 10))
    manager = EnvironmentManager(settings.environments)
    codec.copy_installed(settings.codec)
    codec.fetch(settings, python, manager)
    libraries = set(settings.codec.glob("orjson.*"))
    codec.fetch(settings, python, manager)
    path = str(settings.codec)
    code = f"import sys; sys.path.insert(0, {path!r}); import orjson; print(orjson.loads('[1]'))"
    ran = subprocess.run(
        [python.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "[1]\n"
    assert len(libraries) == 2 and set(settings.codec.glob("orjson.*")) == libraries
    assert manager.list() == []


def test_where_no_index_is_reached_nothing_is_said_and_not_asked_again(
    environments: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runners in that Python have the standard library's json."""
    python = other_python(environments, oldest=(3, 6))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    codec.copy_installed(settings.codec)
    for _ in range(2):
        codec.fetch(settings, python, EnvironmentManager(settings.environments))

    assert len(list(settings.codec.glob("orjson.*"))) == 1
    assert len(list(settings.codec.glob("tried-*"))) == 1
