"""Build the environment of a lock: create, install, check, publish. All or nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from modelop_jupyter.domain.environments import Environment, Lock, PackageSource
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.create import BaseEnvironments, python_of
from modelop_jupyter.environments.installers import select
from modelop_jupyter.environments.installers.base import InstallRequest, ToolFailedError
from modelop_jupyter.environments.lock import pylock
from modelop_jupyter.environments.lock.request import ResolveRequest
from modelop_jupyter.environments.lock.wheels import LockedWheel
from modelop_jupyter.environments.verify import proof
from modelop_jupyter.environments.verify.manifest import seal
from modelop_jupyter.errors import EnvironmentBuildError


@dataclass(frozen=True, slots=True)
class Built:
    """An environment that was built just now, and where its packages came from."""

    environment: Environment
    source: PackageSource


def build(lock: Lock, request: ResolveRequest, context: BuildContext) -> Built:
    """Make the environment of a lock; after a failure nothing half-built stays.

    ``request`` is what the lock was resolved from. The caller holds the file lock of the
    fingerprint. Raises :class:`EnvironmentBuildError`.
    """
    started = time.monotonic()
    store, reporter = context.store, context.reporter
    temporary = store.begin(lock.fingerprint)
    try:
        with context.log as log:
            reporter.start("creating", f"an environment with Python {lock.interpreter.version}")
            log.write(f"Python {lock.interpreter.version}: {lock.interpreter.executable}")
            bases = BaseEnvironments(store, context.creator)
            python = bases.copy(temporary, lock.interpreter, log=log)
            final = store.path(lock.fingerprint)
            install = InstallRequest(lock, python, final, request)
            source = _install_and_seal(install, temporary, context)
            _try_extension_modules(install, context)
            environment = Environment(
                fingerprint=lock.fingerprint,
                path=str(final),
                python=str(python_of(final)),
                lock_digest=lock.digest,
                interpreter=lock.interpreter,
                packages=lock.packages,
                created=datetime.now(timezone.utc),
                build_seconds=round(time.monotonic() - started, 3),
                last_used=datetime.now(timezone.utc),
            )
            store.publish(temporary, environment)
            log.write(f"ready after {environment.build_seconds} s")
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    reporter.start("ready", f"{_count(lock)} in {environment.build_seconds:.1f} s")
    return Built(environment, source)


def download(
    lock: Lock,
    wheels: Sequence[LockedWheel],
    request: ResolveRequest,
    folder: Path,
    context: BuildContext,
) -> None:
    """Put wheels of a lock into a folder, each verified; raises :class:`EnvironmentBuildError`."""
    with context.log:
        context.reporter.start("downloading", ", ".join(wheel.package for wheel in wheels))
        install = InstallRequest(lock, Path(lock.interpreter.executable), folder, request)
        try:
            select.download(wheels, install, folder, context)
        except ToolFailedError as error:
            from modelop_jupyter.environments.diagnostics.translate import explain

            raise explain(error.messages, request, context) from None


def _install_and_seal(request: InstallRequest, root: Path, context: BuildContext) -> PackageSource:
    """Install, check and seal; once more for packages whose files in the package cache changed."""
    reporter, log = context.reporter, context.log
    source = PackageSource.CACHE
    if request.lock.packages:
        reporter.start("installing", _count(request.lock))
        source = _install(request, context)
    reporter.start("checking", "every package is there and can be found")
    changed = _check_and_seal(request, root, context)
    if not changed:
        return source
    names = tuple(sorted(set(changed.values())))
    log.write("\n  ".join(["changed in the package cache since unpacked:", *changed]))
    reporter.start("installing", f"{', '.join(names)} again: changed in the package cache")
    source = _install(request, context, uncached=names)
    if _check_and_seal(request, root, context):
        raise EnvironmentBuildError(
            f"{names[0]} in the package cache is changed while it is installed",
            remedy="Find out who writes to the package cache, then try again",
            log=str(log.path),
        )
    return source


def _install(
    request: InstallRequest, context: BuildContext, *, uncached: Sequence[str] = ()
) -> PackageSource:
    source = request.source
    for line in source.indexes.describe():
        context.log.write(f"pip's configuration: {line}")
    try:
        return select.install(replace(request, uncached=tuple(uncached)), context)
    except ToolFailedError as error:
        from modelop_jupyter.environments.diagnostics.translate import explain

        raise explain(error.messages, source, context) from None


def _check_and_seal(request: InstallRequest, root: Path, context: BuildContext) -> dict[str, str]:
    """Do both at once, as the check is another process; return what :func:`seal` returns."""
    with ThreadPoolExecutor(1) as pool:
        sealed = pool.submit(seal, root)
        _check(request.lock, request.python, context)
        return sealed.result()


def _check(lock: Lock, python: Path, context: BuildContext) -> None:
    """Refuse an environment that lacks a package, or in which none of its modules can be found."""
    probed = proof.probe(python, environ=context.environ)
    installed = {normalise(package.name): package for package in probed.distributions}
    broken = set(probed.broken)
    faults = []
    for locked in lock.packages:
        package = installed.get(locked.name)
        if package is None:
            faults.append(f"{locked.name} is missing")
        elif locked.version and not proof.same_version(locked.version, package.version):
            faults.append(f"{locked.name} is {package.version} instead of {locked.version}")
        elif package.modules and broken.issuperset(package.modules):
            faults.append(f"{locked.name} cannot be imported")
    context.log.write(f"checked: {_count(lock)}" + "".join(f"\n  {fault}" for fault in faults))
    if faults:
        raise EnvironmentBuildError(
            f"the installation is not complete: {', '.join(faults[:3])}",
            remedy="See the log; try again with an empty package cache (uv cache clean)",
            log=str(context.log.path),
        )


def _try_extension_modules(request: InstallRequest, context: BuildContext) -> None:
    """Refuse an environment in which a module that was compiled for it cannot be imported."""
    lock = request.lock
    names = [pin.name for pin in pylock.pins_of(lock.text) if pin.is_source]
    if not names:
        return
    from modelop_jupyter.environments.verify import extension_modules

    broken = extension_modules.first_broken(request.python, names, context)
    if broken is None:
        return
    line = next(iter(request.source.requirements.of(broken.package)), None)
    subject = "" if line else f"{broken.package} "
    raise EnvironmentBuildError(
        f"{subject}{broken.version} was built from its source, as there is no wheel for Python"
        f" {lock.interpreter.minor}, but its module {broken.module} cannot be imported:"
        f" {broken.error}",
        remedy=f"Choose a version of {broken.package} that has a wheel for this Python, or another"
        " Python with --python; if the error names another package, choose another version of that one",
        asset=line.asset if line else None,
        line=line.line if line else None,
        requirement=line.shown if line else None,
        log=str(context.log.path),
    )


def _count(lock: Lock) -> str:
    return "1 package" if len(lock.packages) == 1 else f"{len(lock.packages)} packages"
