"""Prove that an environment holds its lock and nothing else, nothing of the notebook's above all."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.environments import Environment, LockedPackage, Proof
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.environments.site_packages import site_packages
from modelop_jupyter.environments.subprocesses import closed_environment, run
from modelop_jupyter.environments.verify import manifest
from modelop_jupyter.environments.verify.probe import MARK
from modelop_jupyter.errors import EnvironmentBuildError

_PROBE = Path(__file__).with_name("probe.py")


@dataclass(frozen=True, slots=True)
class ProbedPackage:
    """A package on ``sys.path``: the folder it is in, and its top-level modules."""

    name: str
    version: str
    folder: str
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What an environment's interpreter sees, as ``probe.py`` describes it."""

    version: str
    path: tuple[str, ...]
    distributions: tuple[ProbedPackage, ...]
    unowned: tuple[str, ...]
    broken: tuple[str, ...]
    origins: Mapping[str, str]
    stdlib: str


def probe(python: Path, *, names: Iterable[str] = (), environ: Mapping[str, str]) -> ProbeResult:
    """Execute ``probe.py`` with an environment's own interpreter; it looks for modules ``names``.

    Raises :class:`EnvironmentBuildError` for an interpreter that does not run.
    """
    question = json.dumps({"names": sorted(set(names)), "site": str(site_packages(python))})
    try:
        result = run(
            [str(python), "-I", str(_PROBE)], env=closed_environment(environ), stdin=question
        )
    except OSError as error:
        raise _not_running(python, str(error)) from error
    answers = [line for line in result.stdout.splitlines() if line.startswith(MARK)]
    if not answers:
        messages = result.messages.strip()[-300:]
        raise _not_running(python, messages or f"it ended with code {result.code}")
    return from_wire(ProbeResult, json.loads(answers[-1].removeprefix(MARK)))


def prove(environment: Environment, *, names: Iterable[str], environ: Mapping[str, str]) -> Proof:
    """Compare what is visible inside with the lock; modules ``names`` must not be importable."""
    tried = sorted(set(names))
    probed = probe(Path(environment.python), names=tried, environ=environ)
    own = os.path.realpath(environment.path) + os.sep
    locked = {normalise(package.name): package.version for package in environment.packages}
    visible = {normalise(package.name): package for package in probed.distributions}
    foreign = [
        f"{package.name} {package.version}"
        for name, package in visible.items()
        if name not in locked
        or (locked[name] and not same_version(locked[name], package.version))
        or not os.path.realpath(package.folder).startswith(own.rstrip(os.sep))
    ]
    foreign += [f"{entry} (of no package)" for entry in probed.unowned]
    leaked = [
        name for name, origin in probed.origins.items() if _is_outside(origin, own, probed.stdlib)
    ]
    return Proof(
        fingerprint=environment.fingerprint,
        python=environment.python,
        version=probed.version,
        sys_path=probed.path,
        packages=tuple(
            LockedPackage(name, package.version) for name, package in sorted(visible.items())
        ),
        foreign=tuple(foreign),
        missing=tuple(sorted(set(locked) - set(visible))),
        leaked=tuple(sorted(leaked)),
        tried=len(tried),
        lock_digest=environment.lock_digest,
        drift=manifest.drift(Path(environment.path)),
    )


def notebook_modules() -> frozenset[str]:
    """Return the top-level modules outside the standard library that this process can import."""
    import pkgutil

    folders = [
        folder
        for folder in sys.path
        if Path(folder).name in ("site-packages", "dist-packages") and Path(folder).is_dir()
    ]
    names = {module.name for module in pkgutil.iter_modules(folders)}
    return frozenset(names - sys.stdlib_module_names | {"modelop_jupyter"})


def same_version(left: str, right: str) -> bool:
    """Say whether two spellings mean one version (1.0 and 1.0.0)."""
    if left == right:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(left) == Version(right)
    except InvalidVersion:
        return False


def _not_running(python: Path, error: str) -> EnvironmentBuildError:
    return EnvironmentBuildError(
        f"its interpreter {python} does not run: {error}",
        remedy="Type 'env build NAME --rebuild', or choose another Python",
    )


def _is_outside(origin: str, own: str, stdlib: str) -> bool:
    """Say whether a module is neither the environment's nor the standard library's."""
    real = os.path.realpath(origin)
    if origin == "built-in" or real.startswith(own):
        return False
    library = os.path.realpath(stdlib) + os.sep
    # A system-wide site-packages is inside the folder of the standard library.
    return not real.startswith(library) or "-packages" in real[len(library) :]
