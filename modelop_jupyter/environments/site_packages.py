"""The site-packages folder of an environment, and the modules of the packages in it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.requirements import normalise

if TYPE_CHECKING:
    from importlib.metadata import Distribution


def site_packages(python: Path) -> Path:
    """Return the folder of the packages that an environment's interpreter imports."""
    root = python.parent.parent
    if python.parent.name == "Scripts":
        return root / "Lib" / "site-packages"
    return next((root / "lib").glob("py*/site-packages"), root / "lib")


def installed_in(python: Path) -> Iterator[Distribution]:
    """Yield the packages in an environment's site-packages."""
    from importlib.metadata import distributions

    return iter(distributions(path=[str(site_packages(python))]))


def packages_by_module(environment: Environment) -> Mapping[str, tuple[str, ...]]:
    """Return the packages that bring each top-level module, read from their records.

    No interpreter is started and nothing is imported.
    """
    packages: dict[str, list[str]] = {}
    for distribution in installed_in(Path(environment.python)):
        for module in sorted(set(_modules(distribution))):
            packages.setdefault(module, []).append(normalise(distribution.metadata["Name"]))
    return {module: tuple(sorted(names)) for module, names in packages.items()}


def _modules(distribution: Distribution) -> Iterator[str]:
    for file in distribution.files or ():
        top = file.parts[0]
        if file.suffix not in (".py", ".so", ".pyd") or ".." in file.parts:
            continue
        name = inspect.getmodulename(top) if len(file.parts) == 1 else top
        if name and name.isidentifier():
            yield name
