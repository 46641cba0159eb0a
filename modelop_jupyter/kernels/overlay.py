"""The overlay: an environment with ipykernel, whose packages a kernel sees after the model's own.

It is built once for each Python and shared by all models. A model whose pins conflict with the
requirements of ipykernel gets an overlay of its own, resolved with these pins.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.environments import Environment, EnvironmentSpec, Lock
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.site_packages import site_packages
from modelop_jupyter.errors import EnvironmentBuildError

_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Overlay:
    """An environment with ipykernel, and ``packages``, the folder of its packages.

    ``conflicts`` are the model's pinned packages, as ``NAME VERSION``, that the newest ipykernel does
    not allow: an older one may not run with them either.
    """

    packages: Path
    environment: Environment
    conflicts: tuple[str, ...] = ()


def overlay_for(environment: Environment, manager: EnvironmentManager) -> Overlay:
    """Return the overlay for a model's environment; it is built if it is missing."""
    lock, conflicts = _resolve(environment, manager)
    overlay = manager.ensure(lock)
    return Overlay(site_packages(Path(overlay.python)), overlay, conflicts)


def _resolve(environment: Environment, manager: EnvironmentManager) -> tuple[Lock, tuple[str, ...]]:
    """Return a lock with ipykernel that agrees with the model's pins if possible, and the conflicts."""
    python = environment.interpreter.executable
    own = {package.name: package.version for package in environment.packages}
    shared = lock = manager.lock(EnvironmentSpec(python=python, additions=("ipykernel",)))
    conflicts = _conflicts(own, shared)
    pins: set[str] = set()
    for _ in range(_ATTEMPTS):
        if not _conflicts(own, lock):
            return lock, conflicts
        # An older ipykernel may require other packages that the model pins, too.
        shared_names = [package.name for package in lock.packages if package.name in own]
        pins |= {f"{name}=={own[name]}" for name in shared_names}
        additions = ("ipykernel", *sorted(pins))
        try:
            lock = manager.lock(EnvironmentSpec(python=python, additions=additions))
        except EnvironmentBuildError:
            break
    return shared, conflicts


def _conflicts(own: dict[str, str], lock: Lock) -> tuple[str, ...]:
    return tuple(
        f"{package.name} {own[package.name]}"
        for package in lock.packages
        if own.get(package.name, package.version) != package.version
    )
