"""Create a bare environment, which holds no package: made once for each interpreter, then copied.

virtualenv makes it, without seed packages, activation scripts or downloads; for a Python that
virtualenv no longer supports, that Python's own ``venv`` does. Making one takes a fresh process a
quarter of a second, a copy is a dozen files and links.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from threading import Lock, Thread

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.environments.context import CreatorName
from modelop_jupyter.environments.site_packages import site_packages
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.environments.subprocesses import BuildLog, closed_environment, run
from modelop_jupyter.errors import EnvironmentBuildError

_FOLDER = "blanks"
# virtualenv's modules import each other in circles: two threads at once would lock one another.
_LOADING = Lock()


class BaseEnvironments:
    """The bare environments in a store; any number of processes may make the same one."""

    def __init__(self, store: EnvironmentStore, creator: CreatorName | None = None) -> None:
        self._store = store
        self._creator = creator

    def has(self, interpreter: Interpreter) -> bool:
        """Say whether there is one for an interpreter, so that :meth:`copy` only copies."""
        return _is_bare(self._path(interpreter))

    def copy(self, target: Path, interpreter: Interpreter, *, log: BuildLog) -> Path:
        """Copy the bare environment of an interpreter, made if it is missing; return its python.

        Raises :class:`EnvironmentBuildError` for an interpreter that none can be made from.
        """
        base = self._path(interpreter)
        if not _is_bare(base):
            self._make(base, interpreter, log)
        shutil.copytree(base, target, symlinks=True)
        return python_of(target)

    def _make(self, base: Path, interpreter: Interpreter, log: BuildLog) -> None:
        name = f"blank-{base.name}"
        with self._store.file_lock(name):
            if _is_bare(base):
                return
            self._store.discard(base)
            temporary = self._store.temporary_path(name)
            try:
                _create(temporary, interpreter, log, self._creator)
                base.parent.mkdir(parents=True, exist_ok=True)
                files.rename(temporary, base)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise

    def _path(self, interpreter: Interpreter) -> Path:
        """Return the folder for an interpreter; another Python at the same path has another one."""
        try:
            state = Path(interpreter.executable).stat()
            build = (state.st_mtime_ns, state.st_size)
        except OSError:
            # Making the environment says what is wrong with it.
            build = None
        identity = (self._creator, interpreter, build)
        digest = hashlib.sha256(repr(identity).encode()).hexdigest()
        return self._store.root / _FOLDER / digest[:32]


def python_of(environment: Path) -> Path:
    """Return the path of an environment's interpreter."""
    if sys.platform == "win32":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def load_virtualenv() -> None:
    """Import virtualenv, from any thread."""
    with _LOADING:
        import virtualenv.seed.wheels.embed  # noqa: F401


def prepare(interpreter: Interpreter) -> Thread:
    """Load virtualenv and let it inspect an interpreter in a thread, while the index is waited for."""

    def load() -> None:
        load_virtualenv()
        import virtualenv

        try:
            virtualenv.session_via_cli(
                _arguments(Path("unused"), interpreter), setup_logging=False, env=_environment()
            )
        except (RuntimeError, SystemExit, OSError):
            # Creating the environment meets the same error and reports it.
            return

    thread = Thread(target=load, daemon=True, name="modelop-prepare")
    thread.start()
    return thread


def _create(
    path: Path, interpreter: Interpreter, log: BuildLog, creator: CreatorName | None
) -> None:
    made = creator != "venv" and _by_virtualenv(path, interpreter, log)
    if not made and creator != "virtualenv":
        made = _by_venv(path, interpreter, log)
    if not made:
        raise EnvironmentBuildError(
            f"no environment can be made from {interpreter.executable}",
            remedy="Choose another Python with --python",
            log=str(log.path),
        )
    _make_relocatable(path / "pyvenv.cfg")


def _by_virtualenv(path: Path, interpreter: Interpreter, log: BuildLog) -> bool:
    """Run virtualenv in this process: a process of its own costs as much again."""
    load_virtualenv()
    import virtualenv

    try:
        session = virtualenv.cli_run(
            _arguments(path, interpreter), setup_logging=False, env=_environment()
        )
    except (RuntimeError, SystemExit) as error:
        log.write(f"virtualenv cannot make an environment of it: {error}")
        return False
    # For older Pythons virtualenv adds a patch of distutils, which is in no lock and is not needed.
    for patch in Path(session.creator.purelib).glob("_virtualenv.*"):
        patch.unlink()
    return True


def _by_venv(path: Path, interpreter: Interpreter, log: BuildLog) -> bool:
    command = [interpreter.executable, "-I", "-m", "venv", "--without-pip"]
    command += [] if sys.platform == "win32" else ["--symlinks"]
    env = closed_environment(os.environ)
    if run([*command, str(path)], env=env, log=log, merged=True).code:
        return False
    # They name the temporary folder, and nobody activates these environments.
    for script in python_of(path).parent.iterdir():
        if script.name.lower().startswith("activate"):
            script.unlink()
    return True


def _make_relocatable(configuration: Path) -> None:
    """Let uv write scripts that find their python beside themselves, and name no folder."""
    lines = configuration.read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line.partition("=")[0].strip() != "command"]
    text = "\n".join([*lines, "relocatable = true", ""])
    configuration.write_text(text, encoding="utf-8")


def _environment() -> dict[str, str]:
    """Return the variables for virtualenv: none of its own settings."""
    return {**closed_environment(os.environ), "VIRTUALENV_CONFIG_FILE": os.devnull}


def _arguments(path: Path, interpreter: Interpreter) -> list[str]:
    options = "--no-seed --no-download --no-periodic-update --no-vcs-ignore --symlinks".split()
    return [*options, "--activators", "", "--python", interpreter.executable, str(path)]


def _is_bare(base: Path) -> bool:
    """Say whether a bare environment is there as it was made: an interpreter and no package."""
    python = python_of(base)
    try:
        packages = list(site_packages(python).iterdir())
    except OSError:
        return False
    return not packages and python.exists() and (base / "pyvenv.cfg").is_file()
