"""Bytecode is compiled in the background, once, and delays no job and no removal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from modelop_jupyter.domain.environments import Drift, Environment, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.bytecode import SCRIPT, compile_in_background
from modelop_jupyter.environments.cleanup.removal import processes_in
from modelop_jupyter.environments.verify.manifest import drift
from tests.waiting import wait_until

MakeSpec = Callable[..., EnvironmentSpec]
PYENV = Path("~/.pyenv/versions").expanduser()
PYTHONS = sorted({sys.executable, *map(str, PYENV.glob("3.*/bin/python"))})


@pytest.fixture
def environment(manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec) -> Environment:
    files = ("demo/__init__.py", "demo/deep/part.py", "demo/tests/test_demo.py", "demo/bad.py")
    wheelhouse.add("demo", "1.0", files=files)
    return manager.ensure(manager.lock(make_spec("demo")))


@pytest.fixture
def site(environment: Environment) -> Path:
    return next(Path(environment.path).glob("lib/python*/site-packages"))


def is_done(environment: Environment) -> bool:
    return (Path(environment.path) / "bytecode.txt").read_text() == "done\n"


def compilers() -> list[psutil.Process]:
    processes = psutil.process_iter(["cmdline"])
    return [process for process in processes if str(SCRIPT) in (process.info["cmdline"] or [])]


def test_all_modules_are_compiled_but_tests(environment: Environment, site: Path) -> None:
    """The first import of each costs no compiling; what no model imports takes no disk."""
    (site / "demo" / "bad.py").unlink()
    (site / "demo" / "bad.py").write_text("print 'for another Python'")

    started = compile_in_background(environment)
    wait_until(lambda: is_done(environment))

    tag = sys.implementation.cache_tag
    assert started
    assert (site / "demo" / "__pycache__" / f"__init__.{tag}.pyc").is_file()
    assert (site / "demo" / "deep" / "__pycache__" / f"part.{tag}.pyc").is_file()
    assert not (site / "demo" / "tests" / "__pycache__").exists()
    assert not (site / "demo" / "__pycache__" / f"bad.{tag}.pyc").exists()


def test_an_import_takes_it_as_its_own(environment: Environment, site: Path) -> None:
    """Compiled under its final path, valid by time and size: Python leaves it as it is."""
    compile_in_background(environment)
    wait_until(lambda: is_done(environment))
    compiled = next((site / "demo" / "deep" / "__pycache__").glob("part.*.pyc"))
    before = state_of(compiled)
    code = "import demo.deep.part as p; print(p.__cached__); print(p.__spec__.loader.get_code('demo.deep.part').co_filename)"

    result = subprocess.run(
        [environment.python, "-I", "-v", "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.split() == [str(compiled), str(site / "demo" / "deep" / "part.py")]
    assert f"code object from '{compiled}'" in result.stderr
    assert state_of(compiled) == before


def state_of(file: Path) -> tuple[int, int, int]:
    """Return what changes when a file is written; to read it changes the time of its last use."""
    state = file.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


def test_it_is_done_once(environment: Environment) -> None:
    """Any number of jobs may end at once."""
    answers = [compile_in_background(environment) for _ in range(3)]
    wait_until(lambda: is_done(environment))

    assert [*answers, compile_in_background(environment)] == [True, False, False, False]


def test_one_that_was_killed_is_done_again_later(environment: Environment) -> None:
    """A process that has compiled for an hour is taken for killed."""
    note = Path(environment.path) / "bytecode.txt"
    note.write_text("begun\n")
    soon = compile_in_background(environment)
    os.utime(note, (1, 1))

    later = compile_in_background(environment)
    wait_until(lambda: is_done(environment))

    assert (soon, later) == (False, True)


def test_compiling_is_neither_drift_nor_use(
    manager: EnvironmentManager, environment: Environment
) -> None:
    """An environment may be removed while it is compiled."""
    compile_in_background(environment)
    path = Path(environment.path)
    users = processes_in([path])[path]
    wait_until(lambda: is_done(environment))

    assert users == []
    assert drift(path) == Drift()
    assert manager.prove(environment, names=()).is_exact


def test_an_environment_removed_meanwhile_stays_removed(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Its compiler ends with it, and leaves no folder half alive."""
    modules = tuple(f"demo/m{number}.py" for number in range(3000))
    wheelhouse.add("demo", "2.0", files=modules)
    environment = manager.ensure(manager.lock(make_spec("demo==2.0")))
    compile_in_background(environment)
    wait_until(lambda: list(Path(environment.path).rglob("m*.pyc")))

    manager.remove(environment)

    ours = [process for process in compilers() if environment.path in process.info["cmdline"]]
    assert ours == []
    assert list(manager.root.glob("*/bin")) == []
    assert not Path(environment.path).exists()


def test_it_is_an_orphan_of_the_lowest_priority(
    manager: EnvironmentManager, environment: Environment, site: Path
) -> None:
    """It outlives its starter, at the lowest priority."""
    # It waits for what is written into the bytecode that it finds.
    (site / "demo" / "__pycache__").mkdir()
    os.mkfifo(site / "demo" / "__pycache__" / f"__init__.{sys.implementation.cache_tag}.pyc")
    compile_in_background(environment)
    ours = [process for process in compilers() if environment.path in process.info["cmdline"]]

    kept = [(process.nice(), process.ppid() == os.getpid()) for process in ours]
    manager.remove(environment)

    assert kept == [(19, False)]


def test_a_job_never_goes_without_bytecode(
    environment: Environment, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PYTHONDONTWRITEBYTECODE of the notebook does not reach what we start (2.7 s an import, for ever)."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    compile_in_background(environment)
    wait_until(lambda: is_done(environment))

    assert list((site / "demo" / "__pycache__").glob("__init__.*.pyc"))


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_can(
    manager: EnvironmentManager, wheelhouse, python: str, make_spec: MakeSpec
) -> None:
    """With the environment's own interpreter, 3.6 and later."""
    wheelhouse.add("demo", "1.0")
    spec = make_spec("demo")
    environment = manager.ensure(
        manager.lock(EnvironmentSpec(python, files=spec.files, holders=spec.holders))
    )

    compile_in_background(environment)
    wait_until(lambda: is_done(environment))

    assert list(Path(environment.path).rglob("demo/__pycache__/*.pyc"))
