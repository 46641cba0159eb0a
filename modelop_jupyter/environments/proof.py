"""Prove what an environment holds: its lock, nothing else, and nothing of the notebook's."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.environments import Environment, LockedPackage, Proof
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments import listing
from modelop_jupyter.environments.probe import MARK
from modelop_jupyter.environments.process import closed_environment, run
from modelop_jupyter.errors import EnvironmentBuildError

_PROBE = Path(__file__).with_name("probe.py")


def look(python: Path, *, names: Iterable[str] = (), environ: Mapping[str, str]) -> dict[str, Any]:
    """Execute the probe with an environment's own interpreter and return what it saw."""
    question = json.dumps({"names": sorted(set(names)), "site": str(site_packages(python))})
    try:
        finished = run(
            [str(python), "-I", str(_PROBE)], env=closed_environment(environ), stdin=question
        )
    except OSError as error:
        raise _not_running(python, str(error)) from error
    answers = [line for line in finished.output.splitlines() if line.startswith(MARK)]
    if not answers:
        said = finished.said.strip()[-300:]
        raise _not_running(python, said or f"it ended with code {finished.code}")
    seen: dict[str, Any] = json.loads(answers[-1].removeprefix(MARK))
    return seen


def prove(environment: Environment, *, names: Iterable[str], environ: Mapping[str, str]) -> Proof:
    """Compare what is visible inside with the lock; ``names`` are tried and must not be found."""
    tried = sorted(set(names))
    seen = look(Path(environment.python), names=tried, environ=environ)
    own = os.path.realpath(environment.path) + os.sep
    locked = {normalise(package.name): package.version for package in environment.packages}
    visible = {normalise(found["name"]): found for found in seen["distributions"]}
    foreign = [
        f"{found['name']} {found['version']}"
        for name, found in visible.items()
        if name not in locked
        or (locked[name] and not same_version(locked[name], found["version"]))
        or not os.path.realpath(found["folder"]).startswith(own.rstrip(os.sep))
    ]
    foreign += [f"{entry} (of no package)" for entry in seen["strays"]]
    leaked = [
        name for name, where in seen["places"].items() if _is_outside(where, own, seen["stdlib"])
    ]
    return Proof(
        fingerprint=environment.fingerprint,
        python=environment.python,
        version=seen["version"],
        sys_path=tuple(seen["path"]),
        packages=tuple(
            LockedPackage(name, found["version"]) for name, found in sorted(visible.items())
        ),
        foreign=tuple(foreign),
        missing=tuple(sorted(set(locked) - set(visible))),
        leaked=tuple(sorted(leaked)),
        tried=len(tried),
        lock_digest=environment.lock_digest,
        drift=listing.drift(Path(environment.path)),
    )


def notebook_modules() -> frozenset[str]:
    """Return the top-level names that this process could import beyond the standard library."""
    import pkgutil

    folders = [
        folder
        for folder in sys.path
        if Path(folder).name in ("site-packages", "dist-packages") and Path(folder).is_dir()
    ]
    names = {module.name for module in pkgutil.iter_modules(folders)}
    return frozenset(names - sys.stdlib_module_names | {"modelop_jupyter"})


def site_packages(python: Path) -> Path:
    """Return where an environment keeps its packages."""
    root = python.parent.parent
    if python.parent.name == "Scripts":
        return root / "Lib" / "site-packages"
    return next((root / "lib").glob("py*/site-packages"), root / "lib")


def same_version(left: str, right: str) -> bool:
    """Say whether two spellings mean one version (1.0 and 1.0.0)."""
    if left == right:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(left) == Version(right)
    except InvalidVersion:
        return False


def _not_running(python: Path, said: str) -> EnvironmentBuildError:
    return EnvironmentBuildError(
        f"its interpreter {python} does not run: {said}",
        remedy="Type 'env build NAME --rebuild', or choose another Python",
    )


def _is_outside(where: str, own: str, stdlib: str) -> bool:
    """Say whether a module is neither the environment's nor the standard library's."""
    real = os.path.realpath(where)
    if where == "built-in" or real.startswith(own):
        return False
    library = os.path.realpath(stdlib) + os.sep
    # A system-wide site-packages lies inside the folder of the standard library.
    return not real.startswith(library) or "-packages" in real[len(library) :]
