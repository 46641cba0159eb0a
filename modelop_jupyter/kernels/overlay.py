"""The overlay: an environment that holds ipykernel for one Python, laid under a model's own packages.

It is built once for each Python and shared by all models, but for those whose pins contradict what
ipykernel needs: they get one that was resolved with these pins.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.environments import Environment, EnvironmentSpec, Lock
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError

_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Overlay:
    """Where ipykernel's packages are; ``clashes`` are pins of the model that a new one forbids."""

    packages: Path
    environment: Environment
    clashes: tuple[str, ...] = ()


def overlay_for(environment: Environment, manager: EnvironmentManager) -> Overlay:
    """Return the overlay for a model's environment, built now if it is missing."""
    lock, clashes = _resolve(environment, manager)
    found = manager.ensure(lock)
    return Overlay(packages_of(found), found, clashes)


def packages_of(environment: Environment) -> Path:
    """Return the folder that an environment's packages are in."""
    root = Path(environment.path)
    if sys.platform == "win32":
        return root / "Lib" / "site-packages"
    return root / "lib" / f"python{environment.interpreter.minor}" / "site-packages"


def _resolve(environment: Environment, manager: EnvironmentManager) -> tuple[Lock, tuple[str, ...]]:
    """Return a lock with an ipykernel that goes with the model's pins, where there is one."""
    python = environment.interpreter.executable
    own = {package.name: package.version for package in environment.packages}
    shared = lock = manager.lock(EnvironmentSpec(python=python, additions=("ipykernel",)))
    clashes = _clashes(own, shared)
    pins: set[str] = set()
    for _ in range(_ATTEMPTS):
        if not _clashes(own, lock):
            return lock, clashes
        # An older ipykernel may need other packages, which the model may pin, too.
        pins |= {f"{each.name}=={own[each.name]}" for each in lock.packages if each.name in own}
        additions = ("ipykernel", *sorted(pins))
        try:
            lock = manager.lock(EnvironmentSpec(python=python, additions=additions))
        except EnvironmentBuildError:
            break
    return shared, clashes


def _clashes(own: dict[str, str], lock: Lock) -> tuple[str, ...]:
    return tuple(
        f"{package.name} {own[package.name]}"
        for package in lock.packages
        if own.get(package.name, package.version) != package.version
    )
