"""Find the interpreter for an environment: the notebook's own, or one by version or path."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError, PythonNotFoundError

# Runs on every Python since 2.7, so that an unsuitable one can be named.
_SCRIPT = """
import json, os, platform, sys, sysconfig
base = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps({"executable": os.path.realpath(base), "version": platform.python_version(),
"implementation": platform.python_implementation().lower(), "platform": sysconfig.get_platform()}))
"""
_VERSION = re.compile(r"(?:python|cpython)?[ =-]*(\d+)(?:\.(\d+))?(?:\.(\d+))?\Z", re.IGNORECASE)
_OLDEST = (3, 6)


def check_python(text: str) -> None:
    """Raise :class:`InvalidError` for a text that is neither a version nor an existing path."""
    if not _VERSION.match(text.strip()) and not Path(text).expanduser().exists():
        raise InvalidError(
            f"--python {text}: it is neither a version nor the path of an interpreter",
            "Write a version such as 3.11",
        )


class Interpreters:
    """The Pythons of this machine; what one reports is cached until its file changes."""

    def __init__(self, cache: Path, environ: Mapping[str, str]) -> None:
        self._path = cache
        self._environ = environ
        self._cached = self._read()

    def resolve(self, python: str | None) -> Interpreter:
        """Return the interpreter for a version, a path, or None for the notebook's own.

        Raises :class:`EnvironmentBuildError` that lists the Pythons of this machine.
        """
        if not python:
            return own_interpreter()
        text = python.strip()
        version = _VERSION.match(text)
        if version:
            interpreter = self._by_version(tuple(int(part) for part in version.groups() if part))
        else:
            interpreter = self._by_path(Path(text).expanduser())
        if interpreter is None:
            if version:
                raise self._not_found(text)
            raise EnvironmentBuildError(
                f"{text} is not a Python interpreter",
                remedy=f"{self._found()}, or install the other",
            )
        if _numbers(interpreter.version) < _OLDEST:
            raise EnvironmentBuildError(
                f"Python {interpreter.version} is too old: models run on 3.6 and later",
                remedy=f"{self._found()}, or install the other",
            )
        return interpreter

    def all(self) -> list[Interpreter]:
        """Return every usable Python, the newest first."""
        own = own_interpreter()
        interpreters = {own.executable: own}
        for path in self._candidates():
            interpreter = self._inspect(path)
            if interpreter and _numbers(interpreter.version) >= _OLDEST:
                interpreters.setdefault(interpreter.executable, interpreter)
        return sorted(
            interpreters.values(), key=lambda python: _numbers(python.version), reverse=True
        )

    def _by_path(self, path: Path) -> Interpreter | None:
        if path.is_dir():
            path = next(_executables(path), path)
        return self._inspect(path) if path.is_file() else None

    def _by_version(self, version: tuple[int, ...]) -> Interpreter | None:
        own = own_interpreter()
        if _is_of(own, version):
            return own
        # The first choice is kept: models keep their environments when another 3.8 is installed.
        name = ".".join(map(str, version))
        chosen = self._cached.get(name)
        interpreter = self._inspect(Path(chosen["executable"])) if chosen else None
        if interpreter is None or not _is_of(interpreter, version):
            interpreter = self._search(version)
            self._write(name, asdict(interpreter) if interpreter else None)
        return interpreter

    def _search(self, version: tuple[int, ...]) -> Interpreter | None:
        interpreters = []
        for path in self._candidates(version):
            interpreter = self._inspect(path)
            if interpreter and _is_of(interpreter, version):
                interpreters.append(interpreter)
        if interpreters:
            return max(interpreters, key=lambda python: _numbers(python.version))
        return self._discover(version)

    def _discover(self, version: tuple[int, ...]) -> Interpreter | None:
        """Ask virtualenv, which knows the Windows registry, PEP 514 and version managers."""
        try:
            from python_discovery import get_interpreter
        except ImportError:
            return None
        python = get_interpreter(".".join(map(str, version)), env=dict(self._environ))
        executable = getattr(python, "system_executable", None) or getattr(
            python, "executable", None
        )
        return self._inspect(Path(executable)) if executable else None

    def _candidates(self, version: tuple[int, ...] = ()) -> Iterator[Path]:
        """Yield executables: those on PATH first, then those of pyenv and uv."""
        seen = set()
        home = Path(self._environ.get("HOME") or Path.home())
        data = Path(self._environ.get("XDG_DATA_HOME") or home / ".local" / "share")
        pyenv = Path(self._environ.get("PYENV_ROOT") or home / ".pyenv")
        managed = [*_subfolders(pyenv / "versions"), *_subfolders(self._folder_of_uv(data))]
        folders = [Path(item) for item in self._environ.get("PATH", "").split(os.pathsep) if item]
        minor = ".".join(map(str, version[:2]))
        for folder in [*folders, *managed]:
            # A managed folder has its version in its name: the others need not be started.
            if (
                folder in managed
                and minor
                and not re.search(rf"(?<!\d){re.escape(minor)}(?!\d)", folder.name)
            ):
                continue
            for path in _executables(folder):
                real = os.path.realpath(path)
                # A shim is one script with many names, which starts what is on PATH anyway.
                if real not in seen and "shims" not in path.parts:
                    seen.add(real)
                    yield path

    def _folder_of_uv(self, data: Path) -> Path:
        """Return where uv keeps the Pythons that it installs."""
        if chosen := self._environ.get("UV_PYTHON_INSTALL_DIR"):
            return Path(chosen).expanduser()
        if sys.platform == "win32" and (roaming := self._environ.get("APPDATA")):
            return Path(roaming) / "uv" / "data" / "python"
        return data / "uv" / "python"

    def _inspect(self, path: Path) -> Interpreter | None:
        """Return what an executable reports of itself, from the cache while it is unchanged."""
        try:
            state = path.stat()
        except OSError:
            return None
        key = f"{path}:{state.st_mtime_ns}:{state.st_size}"
        if key not in self._cached:
            self._write(key, self._run(path))
        answer = self._cached[key]
        return Interpreter(**answer) if answer else None

    def _run(self, path: Path) -> dict[str, str] | None:
        from modelop_jupyter.environments.subprocesses import closed_environment, run

        # -E and -s, not -I: Python 2 has no -I, and should report its version rather than fail.
        try:
            result = run(
                [str(path), "-E", "-s", "-c", _SCRIPT], env=closed_environment(self._environ)
            )
            return asdict(Interpreter(**json.loads(result.stdout)))
        except (OSError, ValueError, TypeError):
            return None

    def _read(self) -> dict[str, dict[str, str] | None]:
        try:
            cached: dict[str, dict[str, str] | None] = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return cached if isinstance(cached, dict) else {}

    def _write(self, key: str, answer: dict[str, str] | None) -> None:
        from filelock import FileLock

        self._cached[key] = answer
        # Without the file, in a home that cannot be written, each process starts them again.
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path.with_suffix(".lock")):
                # Another process may have added answers meanwhile.
                self._cached = {**self._read(), **self._cached}
                files.write_text(self._path, json.dumps(self._cached), durable=False)

    def _not_found(self, python: str) -> PythonNotFoundError:
        from modelop_jupyter.environments.python_install import installable, why_not

        version = installable(python, self._environ)
        reason = why_not(self._environ)
        if version is not None:
            other = f"have uv install {version}: 'env build NAME --install-python'"
        else:
            other = "install the other" + (f"; uv does not, as {reason}" if reason else "")
        return PythonNotFoundError(
            f"no Python {python} was found on this machine",
            remedy=f"{self._found()}, or {other}",
            installable=version,
        )

    def _found(self) -> str:
        versions = ", ".join(dict.fromkeys(python.version for python in self.all()))
        return f"Found are Python {versions}: choose one with --python"


def own_interpreter() -> Interpreter:
    """Return the Python of this process (outside its virtual environment); starts nothing."""
    import sysconfig

    base = getattr(sys, "_base_executable", None) or sys.executable
    return Interpreter(
        executable=os.path.realpath(base),
        version=platform.python_version(),
        implementation=sys.implementation.name,
        platform=sysconfig.get_platform(),
    )


def _is_of(interpreter: Interpreter, version: tuple[int, ...]) -> bool:
    """Say whether an interpreter is of a version, given by one, two or three numbers."""
    return _numbers(interpreter.version)[: len(version)] == version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(item for item in folder.iterdir() if item.is_dir())
    except OSError:
        return []


def _executables(folder: Path) -> Iterator[Path]:
    """Yield the Pythons in a folder and in its ``bin``, as an installation has it."""
    pattern = re.compile(r"python(3(\.\d+)?)?(\.exe)?\Z")
    for parent in (folder, folder / "bin"):
        try:
            paths = sorted(parent.iterdir())
        except OSError:
            continue
        for path in paths:
            if pattern.match(path.name) and os.access(path, os.X_OK):
                yield path
