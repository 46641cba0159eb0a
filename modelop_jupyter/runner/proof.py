"""What this process really runs with, for the host to compare with what it has built."""

import os
import sys


def proof():
    return {
        "executable": sys.executable,
        "implementation": sys.implementation.name,
        "version": "%d.%d.%d" % sys.version_info[:3],
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "sys_path": list(sys.path),
        "distributions": distributions(sys.path),
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
            if name.endswith(".dist-info"):
                found.append(name[: -len(".dist-info")].partition("-")[::2])
    return sorted(found)
