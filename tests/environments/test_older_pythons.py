"""Pythons that uv and virtualenv no longer support: venv, and the last pip for them (issue 4).

Every such Python of this machine is tried, and the one of the tests; each with the tools of today and with those
that are left to it when they are gone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.installers.legacy_pip import LEGACY_PIPS
from modelop_jupyter.environments.interpreters import Interpreters, own_interpreter

Run = Callable[..., str]
FILE = re.compile(r'url = "([^"]+)".*sha256 = "([0-9a-f]+)"')
TOOLS = {"of today": {}, "that are left": {"installer": "pip", "creator": "venv"}}


def pythons() -> dict[str, Interpreter]:
    """Return the older Pythons of this machine, and the one that runs the tests."""
    with TemporaryDirectory() as folder:
        every = Interpreters(Path(folder) / "known.json", os.environ).all()
    pythons = {python.minor: python for python in every if python.minor in LEGACY_PIPS}
    return pythons | {"own": own_interpreter()}


PYTHONS = pythons()


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each pip is fetched once."""
    return tmp_path_factory.mktemp("tools")


@pytest.fixture
def make(tmp_path: Path, tools: Path) -> Callable[..., EnvironmentManager]:
    """Make a manager that asks the user's own index."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "tools").symlink_to(tools)
    return lambda **chosen: EnvironmentManager(root, **chosen)


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("chosen", TOOLS)
def test_a_model_of_any_python_has_its_packages(
    make, run_in: Run, python: str, chosen: str
) -> None:
    """Locked with hashes, built, proven and imported, by either installer."""
    manager = make(**TOOLS[chosen])
    spec = EnvironmentSpec(
        python=PYTHONS[python].executable,
        files={"requirements.txt": b"six==1.16.0\n"},
        holders=("requirements.txt",),
    )

    lock = manager.lock(spec)
    environment = manager.ensure(lock)

    assert "sha256 = " in lock.text
    assert manager.prove(environment, names=("pip", "setuptools")).is_exact
    assert run_in(environment, "import six; print(six.__version__)") == "1.16.0"
    assert [path.name for path in Path(environment.python).parent.glob("[Aa]ctivate*")] == []


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS)
def test_an_older_pip_locks_what_uv_locks(make, python: str) -> None:
    """The same versions from the same addresses, dependencies and markers of that Python included."""
    text = b"packaging==21.3\nimportlib-resources<5 ; python_version < '3.7'"
    spec = EnvironmentSpec(
        python=PYTHONS[python].executable,
        files={"requirements.txt": text},
        holders=("requirements.txt",),
    )

    by_uv, by_pip = make().lock(spec), make(installer="pip").lock(spec, refresh=True)

    assert by_pip.packages == by_uv.packages
    chosen = set(FILE.findall(by_pip.text))
    assert chosen and chosen <= set(FILE.findall(by_uv.text))
