"""The fast JSON codec that runners are offered: orjson's library, apart from any environment.

Of a Python other than ours it is fetched once, after the first job that could have used it: in an
environment of its own, which goes when the library is copied. Where there is no wheel, or no index
to be reached, nothing is said; runners take the standard library's json.

The folder holds copies, each named by its author after the Python and platform it is for, so that a
runner takes its own or none. They are copies, for the loader of libraries knows a file by its inode:
installers link one file into several environments, and what the runner sets in its codec would be set
in the model's own orjson.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.proof import site_packages
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.files import PRIVATE
from modelop_jupyter.jobs.folder import JobFolder

NAME = "orjson"
_PATIENCE_SECONDS = 86_400.0


def offer(folder: JobFolder, shared: Path) -> None:
    """Tell a staged job's runner of the codecs in a shared folder, which now has ours.

    A home where nothing can be written has none; a runner does well without.
    """
    with contextlib.suppress(OSError):
        if keep(shared):
            request = folder.read("request.json") or {}
            folder.write("request.json", {**request, "codec": {"name": NAME, "path": str(shared)}})


def keep(shared: Path) -> bool:
    """Have the shared folder hold the codec for our own Python; say whether it does."""
    found = library()
    if found is None:
        return False
    copy = shared / found.name
    if not _is_copy(copy, found):
        shared.mkdir(parents=True, exist_ok=True)
        _copy(found, copy)
    return True


def fetch(shared: Path, python: Interpreter, manager: EnvironmentManager) -> None:
    """Have the shared folder hold the codec for another Python, in the version that is ours."""
    found = library()
    tag = python.minor.replace(".", "")
    if found is None or python.implementation != "cpython" or _holds(shared, tag):
        return
    note = shared / f"tried-{tag}"
    with contextlib.suppress(OSError, ModelOpError):
        if note.exists() and time.time() - note.stat().st_mtime < _PATIENCE_SECONDS:
            return
        note.touch(PRIVATE)
        # One that is built from its source would take a compiler, and minutes.
        wanted = f"--only-binary :all:\n{NAME}=={version(NAME)}\n".encode()
        files = {"requirements.txt": wanted}
        spec = EnvironmentSpec(python=python.executable, files=files, holders=("requirements.txt",))
        built = manager.ensure(manager.lock(spec))
        packages = site_packages(Path(built.python)) / NAME
        for path in packages.glob(f"{NAME}.c*{tag}-*"):
            _copy(path, shared / path.name)
        manager.remove(built)


def _holds(shared: Path, tag: str) -> bool:
    return any(shared.glob(f"{NAME}.c*{tag}-*"))


def library() -> Path | None:
    """Return the library of the installed codec; nothing is imported for it."""
    spec = find_spec(NAME)
    if spec is None or spec.origin is None:
        return None
    names = [f"{NAME}{suffix}" for suffix in EXTENSION_SUFFIXES]
    paths = [Path(spec.origin).with_name(name) for name in names]
    return next((path for path in paths if path.exists()), None)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as original, files.replacing(target, durable=False) as copy:
        shutil.copyfileobj(original, copy)
    shutil.copystat(source, target)
    target.chmod(PRIVATE)


def _is_copy(copy: Path, original: Path) -> bool:
    try:
        one, other = copy.stat(), original.stat()
    except FileNotFoundError:
        return False
    return (one.st_size, int(one.st_mtime)) == (other.st_size, int(other.st_mtime))
