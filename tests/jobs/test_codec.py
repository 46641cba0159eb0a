"""The codec that a runner is offered (issue 5, Overhead)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.jobs import codec
from modelop_jupyter.jobs.folder import JobFolder

REQUEST = {
    "protocol": 1,
    "work": "work",
    "inputs": [],
    "output": {"name": "output.json", "format": "json"},
}


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    job = JobFolder(tmp_path / "job")
    job.root.mkdir()
    job.write("request.json", {**REQUEST, "codec": None})
    return job


def test_a_job_is_told_of_the_codec(folder: JobFolder, tmp_path: Path) -> None:
    """The rest of its request stays."""
    codec.offer(folder, tmp_path / "codec")

    assert folder.read("request.json") == {
        **REQUEST,
        "codec": {"name": "orjson", "path": str(tmp_path / "codec")},
    }


def test_the_codec_is_a_copy_of_its_own(tmp_path: Path) -> None:
    """A link would be the same library as a model's own orjson."""
    codec.keep(tmp_path)

    original = codec.library()
    assert original is not None
    copy = tmp_path / original.name
    assert copy.read_bytes() == original.read_bytes()
    assert copy.stat().st_ino != original.stat().st_ino


def test_a_copy_of_another_version_is_replaced(tmp_path: Path) -> None:
    """An upgrade reaches the runners, and what is right already is left alone."""
    original = codec.library()
    assert original is not None
    (tmp_path / original.name).write_bytes(b"older")
    codec.keep(tmp_path)
    first = (tmp_path / original.name).stat().st_ino
    codec.keep(tmp_path)

    assert (tmp_path / original.name).read_bytes() == original.read_bytes()
    assert (tmp_path / original.name).stat().st_ino == first


def test_a_home_that_cannot_be_written_has_no_codec(folder: JobFolder, tmp_path: Path) -> None:
    """The runner has the standard library's json."""
    (tmp_path / "file").touch()
    codec.offer(folder, tmp_path / "file" / "codec")

    assert [path.name for path in folder.root.iterdir()] == ["request.json"]
    assert (folder.read("request.json") or {})["codec"] is None


def other_python(environments: Path, *, oldest: tuple[int, int]) -> Interpreter:
    """Return a Python of this machine that is not ours and at least so new."""
    manager = EnvironmentManager(environments)
    own = manager.interpreter().minor
    found = [each for each in manager.interpreters() if each.minor != own]
    return next(each for each in found if tuple(map(int, each.minor.split("."))) >= oldest)


@pytest.mark.slow
def test_another_python_gets_the_codec_in_our_version(environments: Path, tmp_path: Path) -> None:
    """Fetched once into the shared folder; no environment stays behind."""
    python = other_python(environments, oldest=(3, 10))
    manager = EnvironmentManager(tmp_path / "environments")
    codec.keep(tmp_path)
    codec.fetch(tmp_path, python, manager)
    found = set(tmp_path.glob("orjson.*"))
    codec.fetch(tmp_path, python, manager)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import orjson; print(orjson.loads('[1]'))"
    said = subprocess.run(
        [python.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )

    assert said.stdout == "[1]\n"
    assert len(found) == 2 and set(tmp_path.glob("orjson.*")) == found
    assert manager.list() == []


def test_where_no_index_is_reached_nothing_is_said_and_not_asked_again(
    environments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runners in that Python have the standard library's json."""
    python = other_python(environments, oldest=(3, 6))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    codec.keep(tmp_path)
    for _ in range(2):
        codec.fetch(tmp_path, python, EnvironmentManager(tmp_path / "environments"))

    assert len(list(tmp_path.glob("orjson.*"))) == 1
    assert len(list(tmp_path.glob("tried-*"))) == 1
