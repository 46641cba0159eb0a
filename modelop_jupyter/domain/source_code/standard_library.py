"""The modules of the standard library, by Python version."""

from __future__ import annotations

import sys
from functools import lru_cache

from modelop_jupyter.domain.requirements import normalise


def standard_library(python: str | None) -> frozenset[str]:
    """Return the standard modules of a Python such as ``3.8``; of the running one if its list is not known."""
    import stdlibs

    if python in stdlibs.KNOWN_VERSIONS:
        return frozenset(stdlibs.stdlib_module_names(python))
    return frozenset(sys.stdlib_module_names)


def is_standard(package: str, python: str | None) -> bool:
    """Say whether a package name is that of a standard module."""
    return normalise(package) in _as_packages(python)


@lru_cache
def _as_packages(python: str | None) -> frozenset[str]:
    return frozenset(normalise(name) for name in standard_library(python))
