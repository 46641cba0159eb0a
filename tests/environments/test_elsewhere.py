"""Pins without a wheel for the chosen Python: which other Python has them (issue 4, any interpreter)."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.elsewhere import Elsewhere
from modelop_jupyter.environments.installers import available
from modelop_jupyter.environments.interpreters import own_interpreter
from modelop_jupyter.environments.process import BuildLog
from modelop_jupyter.environments.resolving import understand
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.masking import Masker

Asking = Callable[..., EnvironmentSpec]
Remedy = Callable[..., str | None]
OWN = own_interpreter()
ABSENT = replace(OWN, version="3.99.0")
TAG = "cp{0}-cp{0}-manylinux_2_17_x86_64".format(OWN.minor.replace(".", ""))


@pytest.fixture
def remedy(tmp_path: Path, offline: dict[str, str], asking: Asking) -> Remedy:
    """Ask what to do about demo, which the Python 3.99 of a model has no wheel of."""

    def ask(text: str, *, installer: str = "uv", pythons: tuple[Interpreter, ...] = (OWN,)):
        return Elsewhere(
            understand(asking(text), offline),
            offline,
            available(installer, offline, tmp_path / "tools"),
            lambda: pythons,
            BuildLog(tmp_path / "unused.log", Masker()),
        ).remedy(ABSENT, "demo")

    return ask


def source(folder: Path, name: str) -> None:
    """Write an sdist that builds anywhere."""
    text = f"Metadata-Version: 2.2\nName: {name}\nVersion: 1.0\n".encode()
    with tarfile.open(folder / f"{name}-1.0.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo(f"{name}-1.0/PKG-INFO")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_another_python_of_this_machine_is_named_with_the_command(
    remedy: Remedy, house, installer: str
) -> None:
    """The installer itself is asked, whichever it is."""
    house.add("demo", "1.0", tag=TAG)

    said = remedy("demo==1.0", installer=installer)

    assert said == (
        f"Python {OWN.minor} on this machine has wheels for everything:"
        f" type 'register NAME --python {OWN.minor}'"
    )


def test_a_package_without_any_wheel_is_said_to_be_built(remedy: Remedy, house) -> None:
    """One that is source everywhere is no reason against a Python."""
    house.add("demo", "1.0", tag=TAG)
    source(house.path, "plain")

    said = remedy("plain\ndemo==1.0")

    assert said is not None
    assert "wheels for everything but plain, which is built from source on any" in said


def test_a_python_that_is_not_here_is_told(remedy: Remedy, house) -> None:
    """Where no Python of this machine has the wheels, the one to install is named."""
    house.add("demo", "1.0", tag="cp37-cp37m-manylinux_2_17_x86_64")

    said = remedy("demo==1.0")

    assert said is not None
    assert said.startswith(
        "No other Python on this machine has wheels for all of it; Python 3.7 would"
    )
    assert "register NAME --python 3.7" in said


def test_that_no_python_has_wheels_is_told(remedy: Remedy, house) -> None:
    """Then another version is the only way."""
    house.add("demo", "1.0", tag="cp27-cp27m-win32")

    said = remedy("demo==1.0")

    assert said is not None
    assert said.startswith("No Python from 3.6 to 3.14 has wheels for all of it")


def test_nothing_is_claimed_when_the_index_is_silent(
    remedy: Remedy, offline: dict[str, str]
) -> None:
    """Without an answer there is no advice."""
    offline |= {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}

    assert remedy("demo==1.0") is None


def test_the_failure_of_a_lock_tells(manager: EnvironmentManager, house, asking: Asking) -> None:
    """What the user reads: the line, the reason and the command."""
    house.add("demo", "1.0", tag="cp36-cp36m-manylinux_2_17_x86_64")

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.lock(asking("\ndemo==1.0"))

    assert "requirements.txt, line 2: demo==1.0: there is no wheel" in str(caught.value)
    assert "register NAME --python 3.6" in str(caught.value)


def test_the_failure_of_a_build_tells(manager: EnvironmentManager, house, asking: Asking) -> None:
    """A source that is locked and cannot be built: the advice comes from there, too."""
    house.add("demo", "1.0", tag="cp36-cp36m-manylinux_2_17_x86_64")
    source(house.path, "demo")

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.ensure(manager.lock(asking("demo==1.0")))

    assert "building it from source failed" in caught.value.reason
    assert "register NAME --python 3.6" in str(caught.value)
