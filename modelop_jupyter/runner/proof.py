"""What this process runs with, for the host to compare with what it has built."""

import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

EGG_PYTHON = re.compile(r"-py\d+(\.\d+)?$")


def proof() -> "dict[str, Any]":
    """Return the content of proof.json."""
    return {
        "executable": sys.executable,
        "implementation": sys.implementation.name,
        "version": ".".join(map(str, sys.version_info[:3])),
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "sys_path": list(sys.path),
        "distributions": distributions(sys.path),
        "loose": other_files(sys.path),
        "isolated": bool(sys.flags.isolated),
        "environment": sorted(os.environ),
    }


def distributions(folders: "Iterable[str]") -> "list[tuple[str, ...]]":
    """Return name and version of what is installed, from the names of the folders on the path."""
    pairs = []
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending == ".egg-info":
                stem = EGG_PYTHON.sub("", stem)
            if ending in (".dist-info", ".egg-info"):
                pairs.append(stem.partition("-")[::2])
    return sorted(pairs)


def other_files(folders: "Iterable[str]") -> "dict[str, list[str]]":
    """Return what else lies where packages are installed: modules, files run at start."""
    files = {}
    for folder in folders:
        if not folder.endswith("-packages"):
            continue
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        files[folder] = sorted(
            name
            for name in names
            if not name.endswith((".dist-info", ".egg-info")) and name != "__pycache__"
        )
    return files


def loaded_modules() -> "list[str]":
    """Return the names of the loaded modules of Python and of libraries, in their order."""
    prefixes = (sys.prefix, sys.base_prefix)
    homes = tuple(os.path.realpath(folder) + os.sep for folder in prefixes)
    names = []
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        origin = getattr(spec, "origin", None)
        is_builtin = origin in ("built-in", "frozen")
        if is_builtin or (origin and os.path.realpath(origin).startswith(homes)):
            names.append(name)
    return names
