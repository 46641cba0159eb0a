"""What is visible inside an environment is its lock; a look from inside finds the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError

MakeSpec = Callable[..., EnvironmentSpec]
PYENV = Path("~/.pyenv/versions").expanduser()
PYTHONS = sorted({sys.executable, *map(str, PYENV.glob("3.*/bin/python"))})


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS)
def test_an_empty_environment_is_empty_on_every_python(
    manager: EnvironmentManager, python: str
) -> None:
    """virtualenv's patch of distutils for older Pythons is no part of a lock."""
    environment = manager.ensure(manager.lock(EnvironmentSpec(python=python)))

    assert manager.prove(environment, names=["pytest"]).is_exact


def test_the_notebooks_packages_cannot_be_imported(
    manager: EnvironmentManager, make_spec: MakeSpec
) -> None:
    """By default everything this process could import is tried."""
    environment = manager.ensure(manager.lock(make_spec("")))

    proof = manager.prove(environment)

    assert proof.leaked == ()
    assert proof.tried > 20
    assert proof.is_exact


def test_nothing_leaks_in(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, tmp_path: Path
) -> None:
    """PYTHONPATH, the working directory and the user's site stay outside."""
    (tmp_path / "leak.py").write_text("x = 1")
    environment = manager.ensure(manager.lock(make_spec("")))
    code = "import importlib.util as u; print(u.find_spec('leak'))"

    seen = subprocess.run(
        [environment.python, "-I", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONUSERBASE": str(tmp_path)},
        capture_output=True,
        text=True,
    ).stdout

    assert seen.strip() == "None"


def test_proof_finds_what_was_added_by_hand(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """A distribution, a stray module and a missing package are all seen."""
    wheelhouse.add("demo", "1.0")
    environment = manager.ensure(manager.lock(make_spec("demo")))
    site = next(Path(environment.path).glob("lib/python*/site-packages"))
    info = site / "guest-3.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guest\nVersion: 3.0\n")
    (site / "stray.py").write_text("")
    (site / "demo-1.0.dist-info").rename(site / "demo-1.0.hidden")

    proof = manager.prove(environment, names=["stray"])

    assert "guest 3.0" in proof.foreign
    assert "stray.py (of no package)" in proof.foreign
    assert proof.missing == ("demo",)
    assert not proof.is_exact


def test_proof_finds_a_leak(
    manager: EnvironmentManager, make_spec: MakeSpec, tmp_path: Path
) -> None:
    """A path file that opens another folder is found out."""
    environment = manager.ensure(manager.lock(make_spec("")))
    site = next(Path(environment.path).glob("lib/python*/site-packages"))
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "notebookish.py").write_text("")
    (site / "hole.pth").write_text(str(tmp_path / "outside"))

    proof = manager.prove(environment, names=["notebookish"])

    assert proof.leaked == ("notebookish",)


def test_output_of_code_added_by_hand_is_no_answer(
    manager: EnvironmentManager, make_spec: MakeSpec
) -> None:
    """A sitecustomize that prints is reported as an added file, not as a Python that does not run."""
    environment = manager.ensure(manager.lock(make_spec("")))
    site = next(Path(environment.path).glob("lib/python*/site-packages"))
    (site / "sitecustomize.py").write_text(
        "import atexit\nprint('hacked', end='')\natexit.register(print, '{}')\n"
    )

    proof = manager.prove(environment, names=["pytest"])

    assert proof.foreign == ("sitecustomize.py (of no package)",)
    assert proof.drift
    assert [Path(path).name for path in proof.drift.added] == ["sitecustomize.py"]


def test_an_interpreter_that_ends_without_output_is_reported_with_its_code(
    manager: EnvironmentManager, make_spec: MakeSpec
) -> None:
    """So that there is a reason to read."""
    environment = manager.ensure(manager.lock(make_spec("")))
    site = next(Path(environment.path).glob("lib/python*/site-packages"))
    (site / "sitecustomize.py").write_text("import os\nos._exit(7)\n")

    with pytest.raises(EnvironmentBuildError, match="does not run: it ended with code 7"):
        manager.prove(environment, names=["pytest"])
