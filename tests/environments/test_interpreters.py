"""Interpreters are found by version and path, and an error lists those there are."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from modelop_jupyter.environments.interpreters import Interpreters, own_interpreter
from modelop_jupyter.errors import EnvironmentBuildError


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "interpreters.json"


def lonely(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": str(home / "bin")}


def fake(path: Path, version: str) -> Path:
    """Write a script that answers like the Python of another version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    answer = {
        "executable": str(path),
        "version": version,
        "implementation": "cpython",
        "platform": "linux-x86_64",
    }
    path.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    path.chmod(0o755)
    return path


def test_the_default_is_the_base_of_this_python(cache: Path) -> None:
    """The environment is made from the interpreter behind the notebook's venv."""
    interpreter = Interpreters(cache, {}).resolve(None)

    assert interpreter.version == ".".join(map(str, sys.version_info[:3]))
    assert Path(interpreter.executable).is_file()
    assert (
        not interpreter.executable.startswith(sys.prefix + os.sep) or sys.prefix == sys.base_prefix
    )


@pytest.mark.parametrize("version", ["3.8", "3.8.18", "python3.8", "Python 3.8", "cpython-3.8"])
def test_finds_a_version_in_the_folder_of_pyenv(tmp_path: Path, cache: Path, version: str) -> None:
    """Versions need not be on PATH."""
    fake(tmp_path / ".pyenv" / "versions" / "3.8.18" / "bin" / "python3.8", "3.8.18")

    interpreter = Interpreters(cache, lonely(tmp_path)).resolve(version)

    assert (interpreter.version, interpreter.minor) == ("3.8.18", "3.8")


def test_finds_a_version_in_the_folder_of_uv(tmp_path: Path, cache: Path) -> None:
    """Pythons that uv fetched count too."""
    folder = tmp_path / ".local/share/uv/python/cpython-3.7.9-linux-x86_64-gnu/bin"
    fake(folder / "python3.7", "3.7.9")

    assert Interpreters(cache, lonely(tmp_path)).resolve("3.7").version == "3.7.9"


def test_the_newest_of_a_version_is_taken(tmp_path: Path, cache: Path) -> None:
    """3.8 means the newest 3.8 there is."""
    for version in ("3.8.9", "3.8.18", "3.8.10"):
        fake(tmp_path / ".pyenv" / "versions" / version / "bin" / "python3", version)

    assert Interpreters(cache, lonely(tmp_path)).resolve("3.8").version == "3.8.18"


def test_takes_a_path_to_an_executable_or_its_folder(tmp_path: Path, cache: Path) -> None:
    """A path is taken as it is."""
    path = fake(tmp_path / "special" / "bin" / "python3", "3.9.1")
    interpreters = Interpreters(cache, lonely(tmp_path))

    assert interpreters.resolve(str(path)).version == "3.9.1"
    assert interpreters.resolve(str(tmp_path / "special")).version == "3.9.1"


def test_a_python_that_is_missing_lists_the_others(tmp_path: Path, cache: Path) -> None:
    """The remedy names the versions found."""
    fake(tmp_path / ".pyenv" / "versions" / "3.8.18" / "bin" / "python3", "3.8.18")

    with pytest.raises(EnvironmentBuildError) as caught:
        Interpreters(cache, lonely(tmp_path)).resolve("3.5")

    assert "no Python 3.5 was found" in str(caught.value)
    assert "3.8.18" in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["/nowhere/python", "ruby", __file__])
def test_a_file_that_is_no_python_is_named(tmp_path: Path, cache: Path, text: str) -> None:
    """A wrong path is no crash."""
    with pytest.raises(EnvironmentBuildError, match="not a Python interpreter"):
        Interpreters(cache, lonely(tmp_path)).resolve(text)


def test_an_old_python_is_refused(tmp_path: Path, cache: Path) -> None:
    """The runner begins at 3.6."""
    path = fake(tmp_path / "bin" / "python", "2.7.18")

    with pytest.raises(EnvironmentBuildError, match=r"2\.7\.18 is too old"):
        Interpreters(cache, lonely(tmp_path)).resolve(str(path))


def test_an_interpreter_is_started_once_until_it_changes(tmp_path: Path, cache: Path) -> None:
    """Starting one costs more than a job may."""
    path = fake(tmp_path / "bin" / "python3", "3.9.1")
    interpreters = Interpreters(cache, lonely(tmp_path))
    interpreters.resolve(str(path))
    state = path.stat()
    path.write_text(path.read_text().replace("3.9.1", "3.9.2"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    same = interpreters.resolve(str(path)).version
    os.utime(path)

    assert same == "3.9.1"
    assert interpreters.resolve(str(path)).version == "3.9.2"


def test_the_own_version_needs_no_search(tmp_path: Path, cache: Path) -> None:
    """Asking for this very version is the default by another name."""
    own = own_interpreter()

    assert Interpreters(cache, lonely(tmp_path)).resolve(own.minor) == own
    assert not cache.exists()


def test_two_processes_keep_each_others_answers(tmp_path: Path, cache: Path) -> None:
    """The cache is read again before it is written (issue 11)."""
    first, second = (Interpreters(cache, lonely(tmp_path)) for _ in range(2))
    left = fake(tmp_path / "left" / "python3.8", "3.8.1")
    right = fake(tmp_path / "right" / "python3.9", "3.9.1")
    first.resolve(str(left))
    second.resolve(str(right))
    known = [answer["version"] for answer in json.loads(cache.read_text()).values()]

    assert known == ["3.8.1", "3.9.1"]
