"""What this process really runs with, for the host to compare with what it has built."""

import os
import re
import sys

_OLD = re.compile(r"-py\d+(\.\d+)?$")


def proof():
    return {
        "executable": sys.executable,
        "implementation": sys.implementation.name,
        "version": "%d.%d.%d" % sys.version_info[:3],
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "sys_path": list(sys.path),
        "distributions": distributions(sys.path),
        "loose": loose(sys.path),
        "isolated": bool(sys.flags.isolated),
        "environment": sorted(os.environ),
    }


def distributions(folders):
    """Return name and version of what is installed, as the names of the folders on the path tell."""
    found = []
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending == ".egg-info":
                stem = _OLD.sub("", stem)
            if ending in (".dist-info", ".egg-info"):
                found.append(stem.partition("-")[::2])
    return sorted(found)


def loose(folders):
    """Return what else lies where packages are installed: modules, and files that Python executes at its start."""
    found = {}
    for folder in folders:
        if not folder.endswith("-packages"):
            continue
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        found[folder] = sorted(
            name
            for name in names
            if not name.endswith((".dist-info", ".egg-info")) and name != "__pycache__"
        )
    return found


def modules():
    """Return the names of the loaded modules that belong to Python or to installed libraries, in their order."""
    homes = tuple(os.path.realpath(folder) + os.sep for folder in (sys.prefix, sys.base_prefix))
    found = []
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        origin = getattr(spec, "origin", None)
        if origin in ("built-in", "frozen") or (origin and os.path.realpath(origin).startswith(homes)):
            found.append(name)
    return found
