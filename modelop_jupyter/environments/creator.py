"""Make a bare environment: virtualenv, without seed packages, activation scripts or downloads.

Where virtualenv serves a Python no more, that Python's own ``venv`` makes it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Lock, Thread
from typing import Literal

from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.environments.process import BuildLog, closed_environment, run
from modelop_jupyter.errors import EnvironmentBuildError

Creator = Literal["virtualenv", "venv"]

# virtualenv's modules import each other in circles: two threads at once would lock one another.
_LOADING = Lock()


def load_virtualenv() -> None:
    """Import virtualenv, whichever thread comes first."""
    with _LOADING:
        import virtualenv.seed.wheels.embed  # noqa: F401


def create(
    path: Path, interpreter: Interpreter, *, log: BuildLog, creator: Creator | None = None
) -> Path:
    """Make an environment that holds no package at all and return its python.

    ``creator`` forces one; by default it is virtualenv, and the interpreter's own venv where
    virtualenv serves it no more.
    """
    python = None if creator == "venv" else _by_virtualenv(path, interpreter, log)
    if python is None and creator != "virtualenv":
        python = _by_venv(path, interpreter, log)
    if python is None:
        raise EnvironmentBuildError(
            f"no environment can be made from {interpreter.executable}",
            remedy="Choose another Python with --python",
            log=str(log.path),
        )
    _make_movable(path / "pyvenv.cfg")
    return python


def _by_virtualenv(path: Path, interpreter: Interpreter, log: BuildLog) -> Path | None:
    """Make it in this process: one of its own costs as much again."""
    load_virtualenv()
    import virtualenv

    try:
        session = virtualenv.cli_run(
            _arguments(path, interpreter), setup_logging=False, env=_environment()
        )
    except (RuntimeError, SystemExit) as error:
        log.write(f"virtualenv cannot make an environment of it: {error}")
        return None
    # For older Pythons virtualenv adds a patch of distutils, which no lock names and nothing here needs.
    for patch in Path(session.creator.purelib).glob("_virtualenv.*"):
        patch.unlink()
    return Path(session.creator.exe)


def _make_movable(settings: Path) -> None:
    """Let uv write scripts that find their python beside themselves, and name no folder."""
    lines = settings.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.partition("=")[0].strip() != "command"]
    settings.write_text("\n".join([*kept, "relocatable = true", ""]), encoding="utf-8")


def _by_venv(path: Path, interpreter: Interpreter, log: BuildLog) -> Path | None:
    command = [interpreter.executable, "-I", "-m", "venv", "--without-pip"]
    command += [] if sys.platform == "win32" else ["--symlinks"]
    if run([*command, str(path)], env=closed_environment(os.environ), log=log, merged=True).code:
        return None
    python = python_of(path)
    # They name the temporary folder, and nobody activates an environment of ours.
    for script in python.parent.iterdir():
        if script.name.lower().startswith("activate"):
            script.unlink()
    return python


def prepare(interpreter: Interpreter) -> Thread:
    """Load virtualenv and let it look at the interpreter, while something else takes its time."""

    def warm() -> None:
        load_virtualenv()
        import virtualenv

        try:
            virtualenv.session_via_cli(
                _arguments(Path("unused"), interpreter), setup_logging=False, env=_environment()
            )
        except (RuntimeError, SystemExit, OSError):
            # create() meets the same obstacle and says so.
            return

    thread = Thread(target=warm, daemon=True, name="modelop-prepare")
    thread.start()
    return thread


def python_of(path: Path) -> Path:
    """Return where an environment has its interpreter."""
    if sys.platform == "win32":
        return path / "Scripts" / "python.exe"
    return path / "bin" / "python"


def _environment() -> dict[str, str]:
    """Return what virtualenv may know: none of its own settings."""
    return {**closed_environment(os.environ), "VIRTUALENV_CONFIG_FILE": os.devnull}


def _arguments(path: Path, interpreter: Interpreter) -> list[str]:
    options = "--no-seed --no-download --no-periodic-update --no-vcs-ignore --symlinks".split()
    return [*options, "--activators", "", "--python", interpreter.executable, str(path)]
