"""Offline: the package cache, folders and assets are enough, and what they lack is named (issue 4)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError

MakeSpec = Callable[..., EnvironmentSpec]


@pytest.fixture
def online(machine: dict[str, str], index) -> dict[str, str]:
    """A machine whose packages come from the index alone, one with hashes as real ones are."""
    index.has_hashes = True
    return {**machine, "PIP_NO_INDEX": "0", "PIP_INDEX_URL": index.url}


@pytest.fixture
def cut_off(online: dict[str, str]) -> dict[str, str]:
    """The same machine, set to be offline."""
    return {**online, "MODELOP_OFFLINE": "1"}


def test_what_is_cached_is_locked_and_built(
    tmp_path: Path, online, cut_off, index, wheelhouse, make_spec: MakeSpec
) -> None:
    """Another home on the same machine needs no index for what was built here before."""
    wheelhouse.add("demo", "1.0")
    first = EnvironmentManager(tmp_path / "first", environ=online)
    first.ensure(first.lock(make_spec("demo")))
    index.requests.clear()
    second = EnvironmentManager(tmp_path / "second", environ=cut_off)

    environment = second.ensure(second.lock(make_spec("demo")))

    assert second.prove(environment, names=()).is_exact
    assert index.requests == []


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_what_is_not_cached_is_named(
    tmp_path: Path, cut_off, index, wheelhouse, make_spec: MakeSpec, installer: str
) -> None:
    """The line, the reason and both ways out; nothing is asked."""
    wheelhouse.add("demo", "1.0")
    manager = EnvironmentManager(tmp_path / "e", environ=cut_off, installer=installer)

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.lock(make_spec("\ndemo==1.0"))

    error = caught.value
    assert (error.line, error.requirement) == (2, "demo==1.0")
    assert "demo is not in the package cache, and no index is used (offline)" in error.reason
    assert "--find-links" in (error.hint or "")
    assert index.requests == []


def test_a_locked_file_that_is_not_cached_is_named(
    tmp_path: Path, online, cut_off, index, wheelhouse, make_spec: MakeSpec
) -> None:
    """A lock from another machine: the file that is missing here."""
    wheelhouse.add("demo", "1.0")
    lock = EnvironmentManager(tmp_path / "a", environ=online).lock(make_spec("demo"))
    here = {**cut_off, "UV_CACHE_DIR": str(tmp_path / "empty")}
    index.requests.clear()

    with pytest.raises(EnvironmentBuildError, match="demo is not in the package cache"):
        EnvironmentManager(tmp_path / "b", environ=here).ensure(lock, spec=make_spec("demo"))

    assert index.requests == []


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_folders_of_wheels_are_used(
    tmp_path: Path, cut_off, wheelhouse, make_spec: MakeSpec, installer: str
) -> None:
    """A folder is no network."""
    wheelhouse.add("demo", "1.0")
    environ = {**cut_off, "PIP_FIND_LINKS": str(wheelhouse.path)}
    manager = EnvironmentManager(tmp_path / "e", environ=environ, installer=installer)

    environment = manager.ensure(manager.lock(make_spec("demo")))

    assert manager.prove(environment, names=()).is_exact


def test_the_log_says_that_it_is_offline(
    tmp_path: Path, cut_off, index, wheelhouse, make_spec: MakeSpec
) -> None:
    """The log says why no index is used."""
    manager = EnvironmentManager(tmp_path / "e", environ=cut_off)

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.lock(make_spec("demo"))

    assert caught.value.log
    assert "offline: only the package cache" in Path(caught.value.log).read_text()
