"""The fast JSON codec that runners are offered: orjson's library, apart from any environment.

The folder holds copies, each named by its author after the Python and platform it is for, so that a
runner takes its own or none. They are copies, for the loader of libraries knows a file by its inode:
installers link one file into several environments, and what the runner sets in its codec would be set
in the model's own orjson.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

from modelop_jupyter.jobs.folder import JobFolder

NAME = "orjson"


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
        part = copy.with_suffix(f".{os.getpid()}")
        shutil.copy2(found, part)
        part.replace(copy)
    return True


def library() -> Path | None:
    """Return the library of the installed codec; nothing is imported for it."""
    spec = find_spec(NAME)
    if spec is None or spec.origin is None:
        return None
    names = [f"{NAME}{suffix}" for suffix in EXTENSION_SUFFIXES]
    paths = [Path(spec.origin).with_name(name) for name in names]
    return next((path for path in paths if path.exists()), None)


def _is_copy(copy: Path, original: Path) -> bool:
    try:
        one, other = copy.stat(), original.stat()
    except FileNotFoundError:
        return False
    return (one.st_size, int(one.st_mtime)) == (other.st_size, int(other.st_mtime))
