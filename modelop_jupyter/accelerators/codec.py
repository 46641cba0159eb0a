"""The fast JSON codec that runners are offered: copies of orjson's library, outside any
environment.

For another Python than this one it is fetched once, after the first job that could have used it: in
an environment of its own, which is removed when the library is copied. Where there is no wheel, or
no index can be reached, nothing is reported; runners use the standard library's json.

Each copy has the name that its author gave it, which says for which Python and platform it is, so
that a runner takes its own or none. They are copies and not links, because the loader of libraries
recognises a file by its inode: installers link one file into several environments, and what the
runner sets in its codec would be set in the model's own orjson.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.site_packages import site_packages
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.files import PRIVATE
from modelop_jupyter.settings import Settings

NAME = "orjson"
_SECONDS_BETWEEN_TRIES = 86_400.0


def offer(settings: Settings) -> Path | None:
    """Return the folder of the codec, which runners are told; it then holds the library for this
    Python.

    None where accelerators are off, orjson is not installed, or the home cannot be written.
    """
    if not settings.accelerates:
        return None
    with contextlib.suppress(OSError):
        return settings.codec if copy_installed(settings.codec) else None
    return None


def copy_installed(folder: Path) -> bool:
    """Copy the library of the installed orjson into a folder; return whether it is there."""
    library = installed_library()
    if library is None:
        return False
    copy = folder / library.name
    if not _is_copy(copy, library):
        folder.mkdir(parents=True, exist_ok=True)
        _copy(library, copy)
    return True


def fetch(settings: Settings, python: Interpreter, manager: EnvironmentManager) -> None:
    """Copy the library for another Python into the folder, in the version of the installed one."""
    from importlib.metadata import version

    folder, tag = settings.codec, python.minor.replace(".", "")
    is_known = python.implementation == "cpython" and installed_library() is not None
    if not settings.accelerates or not is_known or _holds(folder, tag):
        return
    note = folder / f"tried-{tag}"
    with contextlib.suppress(OSError, ModelOpError):
        if note.exists() and time.time() - note.stat().st_mtime < _SECONDS_BETWEEN_TRIES:
            return
        note.touch(PRIVATE)
        # Building it from its source would take a compiler, and minutes.
        requirements = f"--only-binary :all:\n{NAME}=={version(NAME)}\n".encode()
        texts = {"requirements.txt": requirements}
        spec = EnvironmentSpec(python=python.executable, files=texts, holders=("requirements.txt",))
        environment = manager.ensure(manager.lock(spec))
        packages = site_packages(Path(environment.python)) / NAME
        for path in packages.glob(f"{NAME}.c*{tag}-*"):
            _copy(path, folder / path.name)
        manager.remove(environment)


def installed_library() -> Path | None:
    """Return the library of the installed orjson, without importing it."""
    spec = find_spec(NAME)
    if spec is None or spec.origin is None:
        return None
    names = [f"{NAME}{suffix}" for suffix in EXTENSION_SUFFIXES]
    paths = [Path(spec.origin).with_name(name) for name in names]
    return next((path for path in paths if path.exists()), None)


def _holds(folder: Path, tag: str) -> bool:
    return any(folder.glob(f"{NAME}.c*{tag}-*"))


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as original, files.replace_file(target, durable=False) as copy:
        shutil.copyfileobj(original, copy)
    shutil.copystat(source, target)
    target.chmod(PRIVATE)


def _is_copy(copy: Path, original: Path) -> bool:
    try:
        one, other = copy.stat(), original.stat()
    except FileNotFoundError:
        return False
    return (one.st_size, int(one.st_mtime)) == (other.st_size, int(other.st_mtime))
