"""An environment changed by hand is noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.disk import Drift
from modelop_jupyter.domain.environments import Environment, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager, listing
from modelop_jupyter.environments.listing import drift

Asking = Callable[..., EnvironmentSpec]


@pytest.fixture
def environment(manager: EnvironmentManager, house, asking: Asking) -> Environment:
    """One package with recorded digests, and one without."""
    house.add("demo", "1.0", recorded=True)
    house.add("helper", "1.0")
    return manager.ensure(manager.lock(asking("demo\nhelper")))


@pytest.fixture
def site(environment: Environment) -> Path:
    return next(Path(environment.path).glob("lib/python*/site-packages"))


def inside(environment: Environment, path: Path) -> str:
    return path.relative_to(environment.path).as_posix()


def test_a_built_environment_has_not_drifted(environment: Environment) -> None:
    """Its files are those that were listed."""
    assert drift(Path(environment.path)) == Drift()


def test_using_it_is_no_drift(
    manager: EnvironmentManager, environment: Environment, site: Path
) -> None:
    """Python writes bytecode, we note the last use."""
    subprocess.run([environment.python, "-I", "-c", "import demo, helper"], check=True)
    manager.touch(environment)

    found = drift(Path(environment.path))

    assert (site / "demo" / "__pycache__").is_dir()
    assert found == Drift()


def test_a_sibling_is_no_drift(
    manager: EnvironmentManager, environment: Environment, asking: Asking
) -> None:
    """Another environment that links the same files changes nothing but the number of links."""
    manager.ensure(manager.lock(asking("demo")))

    assert drift(Path(environment.path)) == Drift()


def test_an_edited_file_is_named_with_its_package(environment: Environment, site: Path) -> None:
    """Also when it kept its length."""
    module = site / "demo" / "__init__.py"
    text = module.read_text()
    module.unlink()
    module.write_text(text.replace("1.0", "1.1"))

    assert drift(Path(environment.path)) == Drift(
        changed=(inside(environment, module),), packages=("demo",)
    )


def test_an_installed_package_is_named(environment: Environment, site: Path) -> None:
    """As `uv pip install` by hand leaves it."""
    info = site / "guest-3.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("guest/__init__.py,,\nguest-3.0.dist-info/RECORD,,\n")
    (site / "guest").mkdir()
    (site / "guest" / "__init__.py").write_text("")

    found = drift(Path(environment.path))

    assert found and found.packages == ("guest",)
    assert found.added == (
        inside(environment, info / "RECORD"),
        inside(environment, site / "guest" / "__init__.py"),
    )


def test_a_removed_package_is_named(environment: Environment, site: Path) -> None:
    """By its metadata, though its record went with it."""
    shutil.rmtree(site / "demo")
    shutil.rmtree(site / "demo-1.0.dist-info")

    found = drift(Path(environment.path))

    assert found and found.packages == ("demo",)
    assert inside(environment, site / "demo" / "__init__.py") in found.removed


def test_a_touched_file_that_is_as_recorded_has_not_changed(
    environment: Environment, site: Path
) -> None:
    """Another time and the same bytes are no change."""
    os.utime(site / "demo" / "__init__.py", (1, 1))

    assert drift(Path(environment.path)) == Drift()


def test_a_touched_file_of_no_known_bytes_counts_as_changed(
    environment: Environment, site: Path
) -> None:
    """Better one question too many."""
    os.utime(site / "helper" / "__init__.py", (1, 1))

    found = drift(Path(environment.path))

    assert found and found.changed == (inside(environment, site / "helper" / "__init__.py"),)


def test_a_moved_home_has_not_drifted(environment: Environment, tmp_path: Path) -> None:
    """The listing knows no absolute path."""
    moved = tmp_path / "elsewhere"
    Path(environment.path).rename(moved)

    assert drift(moved) == Drift()


def test_an_environment_without_a_listing_is_not_judged(environment: Environment) -> None:
    """One that an older version built, or half a listing."""
    listing = Path(environment.path) / "files.txt"
    listing.chmod(0o644)
    listing.write_text("1 2")
    damaged = drift(Path(environment.path))
    listing.unlink()

    assert (damaged, drift(Path(environment.path))) == (None, None)


def test_the_proof_tells_of_drift(
    manager: EnvironmentManager, environment: Environment, site: Path
) -> None:
    """A changed module is visible to no look at distributions."""
    before = manager.prove(environment, names=())
    (site / "demo" / "more.py").write_text("")

    after = manager.prove(environment, names=())

    assert before.is_exact
    assert after.drift and after.drift.added == (inside(environment, site / "demo" / "more.py"),)
    assert (after.foreign, after.is_exact) == ((), False)


def test_rebuilding_brings_back_what_was_built(
    manager: EnvironmentManager, environment: Environment, site: Path, asking: Asking
) -> None:
    """The same fingerprint, the same packages, nothing of the change."""
    (site / "stray.py").write_text("")

    again = manager.rebuild(manager.lock(asking("demo\nhelper")))

    assert again.fingerprint == environment.fingerprint
    assert again.created > environment.created
    assert drift(Path(again.path)) == Drift()
    assert not (site / "stray.py").exists()


@pytest.mark.parametrize("count", [1, 2000], ids=["small", "large"])
@pytest.mark.parametrize("lost", ["demo", "demo-1.0.dist-info"])
def test_a_package_that_is_gone_is_seen_at_once(tmp_path: Path, count: int, lost: str) -> None:
    """Of a large environment, too, where not every file is looked at."""
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    for folder in ("demo", "demo-1.0.dist-info", "other"):
        (site / folder).mkdir(parents=True)
        (site / folder / "file").touch()
    for number in range(count):
        (site / "other" / f"{number:040}").touch()
    listing.write(tmp_path, listing.files_of(tmp_path))
    whole = listing.damage(tmp_path)
    (site / lost / "file").unlink()
    (site / lost).rmdir()

    assert whole == ()
    assert [
        path.startswith(f"lib/python3.11/site-packages/{lost}") for path in listing.damage(tmp_path)
    ] == [True]
