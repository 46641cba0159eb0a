"""Find the Python an environment is made from: the notebook's own, a version, or a path."""

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
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError

# Understood by every Python since 2.7, so that an unsuitable one can say what it is.
_QUESTION = """
import json, os, platform, sys, sysconfig
base = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps({"executable": os.path.realpath(base), "version": platform.python_version(),
"implementation": platform.python_implementation().lower(), "platform": sysconfig.get_platform()}))
"""
_VERSION = re.compile(r"(?:python|cpython)?[ =-]*(\d+)(?:\.(\d+))?(?:\.(\d+))?\Z", re.IGNORECASE)
_OLDEST = (3, 6)


def check_python(text: str) -> None:
    """Refuse words that can name no Python, wherever it is."""
    if not _VERSION.match(text.strip()) and not Path(text).expanduser().exists():
        raise InvalidError(
            f"--python {text}: it is neither a version nor the path of an interpreter",
            "Write a version such as 3.11",
        )


class Interpreters:
    """The Pythons of this machine; what was asked of one is kept until its file changes."""

    def __init__(self, cache: Path, environ: Mapping[str, str]) -> None:
        self._cache = cache
        self._environ = environ
        self._known = self._read()

    def resolve(self, wanted: str | None) -> Interpreter:
        """Return the interpreter for a version, a path, or None for the notebook's own.

        Raises :class:`EnvironmentBuildError` that lists those found.
        """
        if not wanted:
            return own_interpreter()
        text = wanted.strip()
        version = _VERSION.match(text)
        if version:
            found = self._by_version(tuple(int(part) for part in version.groups() if part))
        else:
            found = self._by_path(Path(text).expanduser())
        if found is None:
            raise EnvironmentBuildError(
                f"no Python {text} was found on this machine"
                if version
                else f"{text} is not a Python interpreter",
                remedy=self._remedy(),
            )
        if _numbers(found.version) < _OLDEST:
            raise EnvironmentBuildError(
                f"Python {found.version} is too old: models run on 3.6 and later",
                remedy=self._remedy(),
            )
        return found

    def all(self) -> list[Interpreter]:
        """Return every usable Python found, the newest first."""
        found = {own.executable: own for own in (own_interpreter(),)}
        for path in self._candidates():
            interpreter = self._ask(path)
            if interpreter and _numbers(interpreter.version) >= _OLDEST:
                found.setdefault(interpreter.executable, interpreter)
        return sorted(found.values(), key=lambda item: _numbers(item.version), reverse=True)

    def _by_path(self, path: Path) -> Interpreter | None:
        if path.is_dir():
            path = next(_executables(path), path)
        return self._ask(path) if path.is_file() else None

    def _by_version(self, wanted: tuple[int, ...]) -> Interpreter | None:
        own = own_interpreter()
        if _numbers(own.version)[: len(wanted)] == wanted:
            return own
        # What was chosen once stays: models keep their environments when another 3.8 appears.
        name = ".".join(map(str, wanted))
        chosen = self._known.get(name)
        found = self._ask(Path(chosen["executable"])) if chosen else None
        if found is None or _numbers(found.version)[: len(wanted)] != wanted:
            found = self._searched(wanted)
            self._keep(name, asdict(found) if found else None)
        return found

    def _searched(self, wanted: tuple[int, ...]) -> Interpreter | None:
        matching = []
        for path in self._candidates(wanted):
            found = self._ask(path)
            if found and _numbers(found.version)[: len(wanted)] == wanted:
                matching.append(found)
        if matching:
            return max(matching, key=lambda item: _numbers(item.version))
        return self._discovered(wanted)

    def _discovered(self, wanted: tuple[int, ...]) -> Interpreter | None:
        """Ask virtualenv, which knows the Windows registry, PEP 514 and version managers."""
        try:
            from python_discovery import get_interpreter
        except ImportError:
            return None
        found = get_interpreter(".".join(map(str, wanted)), env=dict(self._environ))
        executable = getattr(found, "system_executable", None) or getattr(found, "executable", None)
        return self._ask(Path(executable)) if executable else None

    def _candidates(self, wanted: tuple[int, ...] = ()) -> Iterator[Path]:
        """Yield executables: PATH first, then the folders of pyenv and uv."""
        seen = set()
        home = Path(self._environ.get("HOME") or Path.home())
        data = Path(self._environ.get("XDG_DATA_HOME") or home / ".local" / "share")
        pyenv = Path(self._environ.get("PYENV_ROOT") or home / ".pyenv")
        managed = [*_children(pyenv / "versions"), *_children(data / "uv" / "python")]
        folders = [Path(item) for item in self._environ.get("PATH", "").split(os.pathsep) if item]
        named = ".".join(map(str, wanted[:2]))
        for folder in [*folders, *managed]:
            # A managed folder carries its version in its name: no need to start the others.
            if (
                folder in managed
                and named
                and not re.search(rf"(?<!\d){re.escape(named)}(?!\d)", folder.name)
            ):
                continue
            for path in _executables(folder):
                real = os.path.realpath(path)
                # A shim is one script under many names, which starts what is on PATH already.
                if real not in seen and "shims" not in path.parts:
                    seen.add(real)
                    yield path

    def _ask(self, path: Path) -> Interpreter | None:
        """Return what an executable says of itself, from the cache while it is unchanged."""
        try:
            state = path.stat()
        except OSError:
            return None
        key = f"{path}:{state.st_mtime_ns}:{state.st_size}"
        if key not in self._known:
            self._keep(key, self._start(path))
        answer = self._known[key]
        return Interpreter(**answer) if answer else None

    def _start(self, path: Path) -> dict[str, str] | None:
        from modelop_jupyter.environments.process import closed_environment, run

        # -E and -s, not -I: Python 2 has no -I, and should be told apart rather than fail.
        try:
            finished = run(
                [str(path), "-E", "-s", "-c", _QUESTION], env=closed_environment(self._environ)
            )
            return asdict(Interpreter(**json.loads(finished.output)))
        except (OSError, ValueError, TypeError):
            return None

    def _read(self) -> dict[str, dict[str, str] | None]:
        try:
            known: dict[str, dict[str, str] | None] = json.loads(self._cache.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _keep(self, key: str, answer: dict[str, str] | None) -> None:
        from filelock import FileLock

        self._known[key] = answer
        # Without the cache, in a home that cannot be written, each process asks anew.
        with suppress(OSError):
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._cache.with_suffix(".lock")):
                # Another process may have asked other Pythons meanwhile.
                self._known = {**self._read(), **self._known}
                files.write_text(self._cache, json.dumps(self._known), durable=False)

    def _remedy(self) -> str:
        found = ", ".join(dict.fromkeys(item.version for item in self.all()))
        return f"Found are Python {found}: choose one with --python, or install the other"


def own_interpreter() -> Interpreter:
    """Return the Python this process was made from, without starting anything."""
    import sysconfig

    base = getattr(sys, "_base_executable", None) or sys.executable
    return Interpreter(
        executable=os.path.realpath(base),
        version=platform.python_version(),
        implementation=sys.implementation.name,
        platform=sysconfig.get_platform(),
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(item for item in folder.iterdir() if item.is_dir())
    except OSError:
        return []


def _executables(folder: Path) -> Iterator[Path]:
    """Yield the Pythons in a folder, or in the ``bin`` of an installation."""
    pattern = re.compile(r"python(3(\.\d+)?)?(\.exe)?\Z")
    for place in (folder, folder / "bin"):
        try:
            paths = sorted(place.iterdir())
        except OSError:
            continue
        for path in paths:
            if pattern.match(path.name) and os.access(path, os.X_OK):
                yield path
