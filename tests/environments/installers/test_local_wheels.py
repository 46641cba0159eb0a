"""Wheels among a model's assets: found, locked by their asset path, built again from the stored bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.assets import digest_of
from modelop_jupyter.domain.environments import Archive, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.lock.pylock import document_of
from modelop_jupyter.errors import EnvironmentBuildError

Make = Callable[..., EnvironmentManager]
BOTH = pytest.mark.parametrize("installer", ["uv", "pip"])


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip is unpacked once for all tests."""
    return tmp_path_factory.mktemp("tools")


@pytest.fixture
def make(tmp_path: Path, tools: Path, machine: dict[str, str]) -> Make:
    """Make a manager on a machine that has no source of packages at all."""

    def manager(name: str = "root", installer: str = "uv") -> EnvironmentManager:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        (root / "tools").symlink_to(tools)
        return EnvironmentManager(root, environ=machine, installer=installer)

    return manager


@pytest.fixture
def spec(tmp_path: Path, wheelhouse) -> Callable[[str], EnvironmentSpec]:
    """Make the specification of a model with the wheelhouse as its assets below ``wheels/``."""
    stored = tmp_path / "blobs"
    stored.mkdir()

    def of(text: str, folder: str = "wheels") -> EnvironmentSpec:
        archives = {}
        for file in wheelhouse.path.iterdir():
            digest = digest_of(file.read_bytes())
            blob = stored / digest.removeprefix("sha256:")
            shutil.copy(file, blob)
            archives[f"{folder}/{file.name}".removeprefix("/")] = Archive(digest, str(blob))
        return EnvironmentSpec(
            files={"requirements.txt": text.encode()},
            holders=("requirements.txt",),
            archives=archives,
        )

    return of


@BOTH
@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("--find-links wheels\ndemo", "wheels"),
        ("--find-links .\ndemo", ""),
        ("--no-index\n-f ./wheels\ndemo==1.0", "wheels"),
        ("./wheels/demo-1.0-py3-none-any.whl\n./wheels/helper-2.0-py3-none-any.whl", "wheels"),
        ("-f wheels\ndemo @ file:wheels/demo-1.0-py3-none-any.whl", "wheels"),
    ],
)
def test_wheels_among_the_assets_are_installed(
    make: Make, spec, wheelhouse, installer: str, text: str, folder: str
) -> None:
    """No index, no path of this machine: what the model carries is enough."""
    wheelhouse.add("demo", "1.0", requires=("helper",))
    wheelhouse.add("helper", "2.0")
    manager = make(installer=installer)
    asked = spec(text, folder)

    lock = manager.lock(asked)
    environment = manager.ensure(lock)

    assert manager.prove(environment, names=()).is_exact
    assert [package.name for package in environment.packages] == ["demo", "helper"]
    assert 'path = "' + f"{folder}/demo-1.0-py3-none-any.whl".removeprefix("/") in lock.text
    assert "file:" not in lock.text


def test_both_installers_name_an_asset_alike(make: Make, spec, wheelhouse) -> None:
    """The lock is the same, whichever tool made it."""
    wheelhouse.add("demo", "1.0")
    asked = spec("-f wheels\ndemo")

    assert make("a").lock(asked).digest == make("b", "pip").lock(asked).digest


@BOTH
def test_a_kept_lock_is_built_from_the_stored_bytes(
    make: Make, spec, wheelhouse, installer: str
) -> None:
    """In another home, with the first one gone: the snapshot's assets are enough."""
    wheelhouse.add("demo", "1.0")
    asked = spec("-f wheels\ndemo")
    document = document_of(make("first").lock(asked))
    shutil.rmtree(wheelhouse.path)
    later = make("later", installer)

    lock = later.restore_lock("sha256:kept", lambda _: document.encode(), spec=asked)

    assert later.prove(later.ensure(lock), names=()).is_exact


def test_another_wheel_of_the_same_name_is_another_request(make: Make, spec, wheelhouse) -> None:
    """Its bytes are part of the key of a lock."""
    wheelhouse.add("demo", "1.0")
    manager = make()
    before = manager.lock(spec("-f wheels\ndemo"))
    wheelhouse.add("demo", "1.0", requires=("helper",))
    wheelhouse.add("helper", "2.0")

    after = manager.lock(spec("-f wheels\ndemo"))

    assert len(before.packages) == 1
    assert len(after.packages) == 2


def test_a_damaged_file_is_noticed_when_locking(make: Make, spec, wheelhouse) -> None:
    """What is locked is what was stored."""
    wheelhouse.add("demo", "1.0")
    asked = spec("-f wheels\ndemo")
    blob = Path(asked.archives["wheels/demo-1.0-py3-none-any.whl"].stored)
    wheelhouse.add("demo", "1.0", requires=("os-sys",), python=">=3")
    wheelhouse.add("os-sys", "1.0")
    shutil.copy(wheelhouse.path / "demo-1.0-py3-none-any.whl", blob)
    other = spec("-f wheels\nos-sys").archives
    asked.archives.update({path: other[path] for path in other if "os_sys" in path})

    with pytest.raises(EnvironmentBuildError, match="the stored file of the asset wheels/demo"):
        make().lock(asked)


def test_a_lost_file_is_named(make: Make, spec, wheelhouse) -> None:
    """The asset and what to do."""
    wheelhouse.add("demo", "1.0")
    asked = spec("-f wheels\ndemo")
    Path(asked.archives["wheels/demo-1.0-py3-none-any.whl"].stored).unlink()

    with pytest.raises(EnvironmentBuildError) as caught:
        make().lock(asked)

    assert "wheels/demo-1.0-py3-none-any.whl is required and missing" in caught.value.reason
    assert "asset add NAME" in (caught.value.hint or "")


def test_the_log_says_that_assets_are_searched(make: Make, spec, wheelhouse) -> None:
    """The log has each source of packages with its origin."""
    wheelhouse.add("demo", "1.0")
    manager = make()

    manager.lock(spec("-f wheels\ndemo"))
    logs = "".join(path.read_text() for path in (manager.root / "logs").iterdir())

    assert "find-links = wheels   (from the model's assets)" in logs
