"""What a built environment really brings: the modules of each package in it, read from its records."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments.proof import site_packages


def modules_in(environment: Environment) -> Mapping[str, tuple[str, ...]]:
    """Return the packages that bring each importable name at the top; nothing is started or imported."""
    found: dict[str, list[str]] = {}
    for distribution in distributions(path=[str(site_packages(Path(environment.python)))]):
        for name in sorted(set(_modules(distribution))):
            found.setdefault(name, []).append(normalise(distribution.metadata["Name"]))
    return {name: tuple(sorted(packages)) for name, packages in found.items()}


def _modules(distribution: Distribution) -> Iterator[str]:
    for file in distribution.files or ():
        top = file.parts[0]
        if file.suffix not in (".py", ".so", ".pyd") or ".." in file.parts:
            continue
        name = inspect.getmodulename(top) if len(file.parts) == 1 else top
        if name and name.isidentifier():
            yield name
