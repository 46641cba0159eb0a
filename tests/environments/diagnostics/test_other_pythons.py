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
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.diagnostics.other_pythons import OtherPythons
from modelop_jupyter.environments.interpreters import own_interpreter
from modelop_jupyter.environments.lock.request import read_request
from modelop_jupyter.environments.progress.status_file import BuildStatusFiles, Reporter
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.environments.subprocesses import BuildLog
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.masking import Masker

MakeSpec = Callable[..., EnvironmentSpec]
Advice = Callable[..., str | None]
OWN = own_interpreter()
ABSENT = replace(OWN, version="3.99.0")
TAG = "cp{0}-cp{0}-manylinux_2_17_x86_64".format(OWN.minor.replace(".", ""))


@pytest.fixture
def advice(tmp_path: Path, offline: dict[str, str], make_spec: MakeSpec) -> Advice:
    """Ask what to do about demo, which the Python 3.99 of a model has no wheel of."""

    def ask(text: str, *, installer: str = "uv", pythons: tuple[Interpreter, ...] = (OWN,)):
        context = BuildContext(
            store=EnvironmentStore(tmp_path),
            environ=offline,
            log=BuildLog(tmp_path / "unused.log", Masker()),
            reporter=Reporter("demo", BuildStatusFiles(tmp_path), lambda step: None),
            interpreters=lambda: pythons,
            installer=installer,
        )
        return OtherPythons(read_request(make_spec(text), ABSENT, offline), context).advice("demo")

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
    advice: Advice, wheelhouse, installer: str
) -> None:
    """The installer itself resolves for the other Pythons, whichever it is."""
    wheelhouse.add("demo", "1.0", tag=TAG)

    text = advice("demo==1.0", installer=installer)

    assert text == (
        f"Python {OWN.minor} on this machine has wheels for everything:"
        f" type 'register NAME --python {OWN.minor}'"
    )


def test_a_package_without_any_wheel_is_said_to_be_built(advice: Advice, wheelhouse) -> None:
    """One that is source everywhere is no reason against a Python."""
    wheelhouse.add("demo", "1.0", tag=TAG)
    source(wheelhouse.path, "plain")

    text = advice("plain\ndemo==1.0")

    assert text is not None
    assert "wheels for everything but plain, which is built from source on any" in text


def test_a_python_to_install_is_named(advice: Advice, wheelhouse) -> None:
    """Where no Python of this machine has the wheels, the one to install is named."""
    wheelhouse.add("demo", "1.0", tag="cp37-cp37m-manylinux_2_17_x86_64")

    text = advice("demo==1.0")

    assert text is not None
    assert text.startswith(
        "No other Python on this machine has wheels for all of it; Python 3.7 would"
    )
    assert "register NAME --python 3.7" in text


def test_no_python_with_wheels_says_so(advice: Advice, wheelhouse) -> None:
    """Then another version is the only way."""
    wheelhouse.add("demo", "1.0", tag="cp27-cp27m-win32")

    text = advice("demo==1.0")

    assert text is not None
    assert text.startswith("No Python from 3.6 to 3.14 has wheels for all of it")


def test_nothing_is_claimed_when_the_index_is_silent(
    advice: Advice, offline: dict[str, str]
) -> None:
    """Without an answer there is no advice."""
    offline |= {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}

    assert advice("demo==1.0") is None


def test_a_failure_to_lock_names_the_python(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """What the user reads: the line, the reason and the command."""
    wheelhouse.add("demo", "1.0", tag="cp36-cp36m-manylinux_2_17_x86_64")

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.lock(make_spec("\ndemo==1.0"))

    assert "requirements.txt, line 2: demo==1.0: there is no wheel" in str(caught.value)
    assert "register NAME --python 3.6" in str(caught.value)


def test_a_failure_to_build_names_the_python(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """A locked source that cannot be built gets the same advice."""
    wheelhouse.add("demo", "1.0", tag="cp36-cp36m-manylinux_2_17_x86_64")
    source(wheelhouse.path, "demo")

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.ensure(manager.lock(make_spec("demo==1.0")))

    assert "building it from source failed" in caught.value.reason
    assert "register NAME --python 3.6" in str(caught.value)
