"""What is part of Python itself, version by version, and so no package."""

from __future__ import annotations

import sys
from functools import lru_cache

from modelop_jupyter.domain.requirements import normalise


def standard_library(python: str | None) -> frozenset[str]:
    """Return the modules of a Python, ``3.8`` say; of this one where its list is not known."""
    import stdlibs

    if python in stdlibs.KNOWN_VERSIONS:
        return frozenset(stdlibs.stdlib_module_names(python))
    return frozenset(sys.stdlib_module_names)


def is_standard(package: str, python: str | None) -> bool:
    """Say whether a package is asked for by the name of a module of Python itself."""
    return normalise(package) in _as_packages(python)


@lru_cache
def _as_packages(python: str | None) -> frozenset[str]:
    return frozenset(normalise(name) for name in standard_library(python))
