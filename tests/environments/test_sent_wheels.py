"""Environments of wheels that another machine has sent: downloaded there, installed without an index."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec, Lock, PackageSource
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.lock.wheels import wheels_of
from modelop_jupyter.environments.wheel_store import WheelStore
from modelop_jupyter.errors import EnvironmentBuildError, PackagesUnavailableError

MakeSpec = Callable[..., EnvironmentSpec]


@pytest.fixture
def online(machine: dict[str, str], index) -> dict[str, str]:
    """A machine whose packages come from the index alone."""
    index.has_hashes = True
    return {**machine, "PIP_NO_INDEX": "0", "PIP_INDEX_URL": index.url}


@pytest.fixture
def lock(tmp_path: Path, online, wheelhouse, make_spec: MakeSpec) -> Lock:
    """The lock of two packages, one of them with wheels for other machines, too."""
    wheelhouse.add("demo", "1.0", requires=("other",))
    for tag in ("py3-none-any", "py3-none-win32", "cp27-none-any"):
        wheelhouse.add("other", "2.0", tag=tag)
    return EnvironmentManager(tmp_path / "sender", environ=online).lock(make_spec("demo"))


def download(lock: Lock, folder: Path, online: dict[str, str]) -> dict[str, Path]:
    """Download the wheels of a lock, as the machine that has the index."""
    folder.mkdir()
    wheels = wheels_of(lock).wheels
    EnvironmentManager(folder.parent / "sender", environ=online).download(lock, wheels, folder)
    return {wheel.digest: folder / wheel.file for wheel in wheels}


@pytest.mark.slow
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_an_environment_is_built_of_sent_wheels_alone(
    tmp_path: Path, lock: Lock, online, index, run_in, installer: str
) -> None:
    """Issue 14: the same environment, by its name and content, and no request to an index."""
    sent = download(lock, tmp_path / "sent", online)
    index.requests.clear()
    environ = {**online, "UV_CACHE_DIR": str(tmp_path / "empty")}
    node = EnvironmentManager(tmp_path / "node", environ=environ, installer=installer)
    node = node.with_wheels(sent)

    environment = node.ensure(lock)

    assert node.packages_from is PackageSource.WHEELS
    assert environment.fingerprint == lock.fingerprint
    assert node.prove(environment, names=()).is_exact
    assert run_in(environment, "import demo, other; print(other.__version__)") == "2.0"
    assert index.requests == []


@pytest.mark.slow
def test_packages_come_from_the_index_once_and_from_the_cache_then(
    tmp_path: Path, lock: Lock, online
) -> None:
    """Issue 14: what a node says of its environment."""
    environ = {**online, "UV_CACHE_DIR": str(tmp_path / "cache")}
    first = EnvironmentManager(tmp_path / "first", environ=environ)
    second = EnvironmentManager(tmp_path / "second", environ=environ)
    first.ensure(lock)
    second.ensure(lock)

    assert first.packages_from is PackageSource.INDEX
    assert second.packages_from is PackageSource.CACHE


@pytest.mark.slow
def test_a_wheel_that_is_another_than_the_locked_one_is_refused(
    tmp_path: Path, lock: Lock, online, make_wheelhouse
) -> None:
    """Issue 14: the hash of the lock decides, whatever was sent."""
    sent = download(lock, tmp_path / "sent", online)
    other = make_wheelhouse("others").add("demo", "1.0", files=("demo/__init__.py",))
    path = next(iter(sent.values()))
    path.write_bytes(other.read_bytes())
    node = EnvironmentManager(tmp_path / "node", environ=online).with_wheels(sent)

    with pytest.raises(EnvironmentBuildError, match="its hash differs"):
        node.ensure(lock)


@pytest.mark.slow
def test_the_indexes_password_is_used_to_download(tmp_path: Path, online, index, lock) -> None:
    """Issue 14: wheels come from the index that the user of the sending machine configured."""
    index.password = "pa55word"
    url = index.url.replace("://", "://user:pa55word@")

    sent = download(lock, tmp_path / "sent", {**online, "PIP_INDEX_URL": url})

    assert [path.exists() for path in sent.values()] == [True, True]


@pytest.mark.slow
@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("what", ["gone", "refuses", "lacks"])
def test_an_index_that_cannot_be_used_is_told_from_other_failures(
    tmp_path: Path, lock: Lock, online, index, wheelhouse, installer: str, what: str
) -> None:
    """Issue 14: the same wheels from elsewhere would do."""
    environ = {**online, "UV_CACHE_DIR": str(tmp_path / "empty"), "PIP_RETRIES": "1"}
    if what == "gone":
        index.stop()
    elif what == "refuses":
        index.password = "pa55word"
    else:
        (wheelhouse.path / "demo-1.0-py3-none-any.whl").unlink()
    manager = EnvironmentManager(tmp_path / "node", environ=environ, installer=installer)

    with pytest.raises(PackagesUnavailableError):
        manager.ensure(lock)


@pytest.mark.slow
def test_a_folder_of_wheels_that_only_another_machine_has_is_told_from_other_failures(
    tmp_path: Path, offline, machine, wheelhouse, make_spec: MakeSpec
) -> None:
    """Issue 14: --find-links of the machine where the lock was made."""
    path = wheelhouse.add("demo", "1.0")
    lock = EnvironmentManager(tmp_path / "sender", environ=offline).lock(make_spec("demo"))
    path.unlink()
    environ = {**machine, "UV_CACHE_DIR": str(tmp_path / "empty")}

    with pytest.raises(PackagesUnavailableError, match=r"no file \S+demo-1\.0\S+ on this machine"):
        EnvironmentManager(tmp_path / "node", environ=environ).ensure(lock)


def test_a_lock_names_the_wheel_that_its_python_takes(lock: Lock) -> None:
    """Issue 14: not those of other systems and Pythons, and only what can be verified."""
    text = lock.text.replace("other-2.0-py3-none-any", "other-2.0-py3-none-macosx_11_0_arm64")
    without = lock.text.replace("sha256 =", "md5 =")

    assert [wheel.file for wheel in wheels_of(lock).wheels] == [
        "demo-1.0-py3-none-any.whl",
        "other-2.0-py3-none-any.whl",
    ]
    assert wheels_of(dataclasses.replace(lock, text=text)).none == ("other",)
    assert wheels_of(dataclasses.replace(lock, text=without)).none == ("demo", "other")


def test_a_damaged_wheel_is_none(tmp_path: Path) -> None:
    """Issue 14: it is sent again."""
    store = WheelStore(tmp_path)
    store.put(b"a wheel")
    ((path, _),) = store
    digest = f"sha256:{path.name}"
    whole = store.find([digest])
    path.chmod(0o600)
    path.write_bytes(b"no wheel")

    assert whole == {digest: path}
    assert store.find([digest]) == {}
