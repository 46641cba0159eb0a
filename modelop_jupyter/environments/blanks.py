"""Bare environments, made once for each interpreter and copied ever after.

Making one loads virtualenv and has it look at the interpreter, a quarter of a second of a core in a
fresh process; a copy is a dozen files and links.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.environments.creator import Creator, create, python_of
from modelop_jupyter.environments.process import BuildLog
from modelop_jupyter.environments.proof import site_packages
from modelop_jupyter.environments.shelf import Shelf

_FOLDER = "blanks"


class Blanks:
    """The bare environments of a shelf; any number of processes may ask for the same one."""

    def __init__(self, shelf: Shelf, creator: Creator | None = None) -> None:
        self._shelf = shelf
        self._creator = creator

    def has(self, interpreter: Interpreter) -> bool:
        """Say whether :meth:`lay` has only to copy."""
        return _is_bare(self._path(interpreter))

    def lay(self, path: Path, interpreter: Interpreter, *, log: BuildLog) -> Path:
        """Make an environment that holds no package at all and return its python.

        Raises :class:`EnvironmentBuildError` for an interpreter of which none can be made.
        """
        blank = self._path(interpreter)
        if not _is_bare(blank):
            self._make(blank, interpreter, log)
        shutil.copytree(blank, path, symlinks=True)
        return python_of(path)

    def _make(self, blank: Path, interpreter: Interpreter, log: BuildLog) -> None:
        with self._shelf.guard(f"blank-{blank.name}"):
            if _is_bare(blank):
                return
            self._shelf.discard(blank)
            temporary = self._shelf.beside(f"blank-{blank.name}")
            try:
                create(temporary, interpreter, log=log, creator=self._creator)
                blank.parent.mkdir(parents=True, exist_ok=True)
                files.rename(temporary, blank)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise

    def _path(self, interpreter: Interpreter) -> Path:
        """Return where the one of an interpreter lies; another Python at the same place is another one."""
        try:
            state = Path(interpreter.executable).stat()
            build = (state.st_mtime_ns, state.st_size)
        except OSError:
            # Making one says what is wrong with it.
            build = None
        facts = (self._creator, interpreter, build)
        return self._shelf.root / _FOLDER / hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def _is_bare(blank: Path) -> bool:
    """Say whether it is there as it was made: with its interpreter, and without a package."""
    python = python_of(blank)
    try:
        packages = list(site_packages(python).iterdir())
    except OSError:
        return False
    return not packages and python.exists() and (blank / "pyvenv.cfg").is_file()
