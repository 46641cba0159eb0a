"""Make a bare environment: virtualenv, without seed packages, activation scripts or downloads."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Lock, Thread

from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.environments.process import base_environment
from modelop_jupyter.errors import EnvironmentBuildError

# virtualenv's modules import each other in circles: two threads at once would lock one another.
_LOADING = Lock()


def load_virtualenv() -> None:
    """Import virtualenv, whichever thread comes first."""
    with _LOADING:
        import virtualenv.seed.wheels.embed  # noqa: F401


def create(path: Path, interpreter: Interpreter) -> Path:
    """Make an environment that holds no package at all and return its python.

    Made in this process: a process of its own costs 150 ms, this 2 ms once virtualenv is warm.
    """
    load_virtualenv()
    import virtualenv

    try:
        session = virtualenv.cli_run(
            _arguments(path, interpreter), setup_logging=False, env=_environment()
        )
    except (RuntimeError, SystemExit, OSError) as error:
        if isinstance(error, OSError):
            raise
        raise EnvironmentBuildError(
            f"no environment can be made from {interpreter.executable}: {error}",
            remedy="Choose another Python with --python",
        ) from error
    # uv writes scripts that find their python beside themselves, so the folder can be renamed.
    with (path / "pyvenv.cfg").open("a", encoding="utf-8") as file:
        file.write("relocatable = true\n")
    # For older Pythons virtualenv adds a patch of distutils, which no lock names and nothing here needs.
    for patch in Path(session.creator.purelib).glob("_virtualenv.*"):
        patch.unlink()
    return Path(session.creator.exe)


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
    return {**base_environment(os.environ), "VIRTUALENV_CONFIG_FILE": os.devnull}


def _arguments(path: Path, interpreter: Interpreter) -> list[str]:
    options = "--no-seed --no-download --no-periodic-update --no-vcs-ignore --symlinks".split()
    return [*options, "--activators", "", "--python", interpreter.executable, str(path)]
