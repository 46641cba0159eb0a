"""From a lock to a finished environment: create, install, check, publish. All or nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from modelop_jupyter.domain.environments import Environment, Interpreter, Lock
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments import compiled, failures, proof, pylock
from modelop_jupyter.environments.blanks import Blanks
from modelop_jupyter.environments.creator import python_of
from modelop_jupyter.environments.finishing import finish
from modelop_jupyter.environments.installers import Installer, Target, ToolFailedError, attempt
from modelop_jupyter.environments.process import BuildLog
from modelop_jupyter.environments.reporter import Reporter
from modelop_jupyter.environments.resolving import Question, context_of
from modelop_jupyter.environments.scratch import scratch
from modelop_jupyter.environments.shelf import Shelf
from modelop_jupyter.errors import EnvironmentBuildError


def build(
    lock: Lock,
    question: Question,
    *,
    shelf: Shelf,
    installers: Sequence[Installer],
    environ: Mapping[str, str],
    reporter: Reporter,
    pythons: Callable[[], Sequence[Interpreter]],
    blanks: Blanks,
) -> Environment:
    """Make the environment of a lock; whatever goes wrong, nothing half-built stays.

    The caller holds the guard of the fingerprint.
    """
    started = time.monotonic()
    temporary = shelf.temporary(lock.fingerprint)
    try:
        with BuildLog(shelf.log(lock.fingerprint), question.mask, hear=reporter.hear) as log:
            reporter.say("creating", f"an environment with Python {lock.interpreter.version}")
            log.write(f"Python {lock.interpreter.version}: {lock.interpreter.executable}")
            python = blanks.lay(temporary, lock.interpreter, log=log)
            install = partial(
                _install,
                lock,
                question,
                python,
                final=shelf.path(lock.fingerprint),
                installers=installers,
                environ=environ,
                log=log,
                pythons=pythons,
            )
            if lock.packages:
                reporter.say("installing", _count(lock))
                install()
            reporter.say("checking", "every package is there and can be found")
            hurt = _check_and_finish(temporary, lock, python, environ=environ, log=log)
            if hurt:
                names = tuple(sorted(set(hurt.values())))
                what = f"{', '.join(names)} anew: changed in the package cache"
                log.write("\n  ".join(["changed in the package cache since unpacked:", *hurt]))
                reporter.say("installing", what)
                install(fresh=names)
                if _check_and_finish(temporary, lock, python, environ=environ, log=log):
                    raise EnvironmentBuildError(
                        f"{names[0]} in the package cache is changed while it is installed",
                        remedy="Find out who writes to the package cache, then try again",
                        log=str(log.path),
                    )
            _try_compiled(lock, question, python, environ=environ, log=log)
            environment = Environment(
                fingerprint=lock.fingerprint,
                path=str(shelf.path(lock.fingerprint)),
                python=str(python_of(shelf.path(lock.fingerprint))),
                lock_digest=lock.digest,
                interpreter=lock.interpreter,
                packages=lock.packages,
                created=datetime.now(timezone.utc),
                build_seconds=round(time.monotonic() - started, 3),
                last_used=datetime.now(timezone.utc),
            )
            shelf.publish(temporary, environment)
            log.write(f"ready after {environment.build_seconds} s")
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    reporter.say("ready", f"{_count(lock)} in {environment.build_seconds:.1f} s")
    return environment


def _install(
    lock: Lock,
    question: Question,
    python: Path,
    *,
    final: Path,
    installers: Sequence[Installer],
    environ: Mapping[str, str],
    log: BuildLog,
    pythons: Callable[[], Sequence[Interpreter]],
    fresh: Sequence[str] = (),
) -> None:
    for line in question.indexes.describe():
        log.write(f"pip's configuration: {line}")
    with scratch() as folder:
        target = Target(
            python,
            final,
            lock.interpreter,
            lock.text,
            question.indexes.with_assets(folder),
            question.credentials,
            environ,
            folder,
            tuple(fresh),
            question.archives,
        )
        target.lay_out()
        try:
            attempt(installers, lambda installer: installer.install(target, log), log)
        except ToolFailedError as error:
            context = context_of(
                question,
                lock.interpreter,
                installers=installers,
                environ=environ,
                log=log,
                pythons=pythons,
            )
            raise failures.translate(error.said, context) from None


def _check_and_finish(
    root: Path, lock: Lock, python: Path, *, environ: Mapping[str, str], log: BuildLog
) -> dict[str, str]:
    """Do both at once, as the check is another process; returns what :func:`finish` does."""
    with ThreadPoolExecutor(1) as pool:
        finished = pool.submit(finish, root)
        _check(lock, python, environ=environ, log=log)
        return finished.result()


def _check(lock: Lock, python: Path, *, environ: Mapping[str, str], log: BuildLog) -> None:
    """Refuse an environment that lacks a package, or where one cannot be found by import."""
    seen = proof.look(python, environ=environ)
    there = {normalise(found["name"]): found for found in seen["distributions"]}
    broken = set(seen["broken"])
    wrong = []
    for package in lock.packages:
        found = there.get(package.name)
        if found is None:
            wrong.append(f"{package.name} is missing")
        elif package.version and not proof.same_version(package.version, found["version"]):
            wrong.append(f"{package.name} is {found['version']} instead of {package.version}")
        elif found["modules"] and broken.issuperset(found["modules"]):
            wrong.append(f"{package.name} cannot be imported")
    log.write(f"checked: {_count(lock)}" + "".join(f"\n  {item}" for item in wrong))
    if wrong:
        raise EnvironmentBuildError(
            f"the installation is not complete: {', '.join(wrong[:3])}",
            remedy="Look into the log; try again with an empty package cache (uv cache clean)",
            log=str(log.path),
        )


def _try_compiled(
    lock: Lock, question: Question, python: Path, *, environ: Mapping[str, str], log: BuildLog
) -> None:
    """Refuse an environment in which a module cannot be imported that was compiled for it."""
    names = [pin.name for pin in pylock.pins_of(lock.text) if pin.is_source]
    broken = compiled.first_broken(python, names, environ=environ, log=log) if names else None
    if broken is None:
        return
    line = next(iter(question.requirements.of(broken.package)), None)
    what = "" if line else f"{broken.package} "
    minor = lock.interpreter.minor
    raise EnvironmentBuildError(
        f"{what}{broken.version} was built from its source, as there is no wheel for Python {minor},"
        f" but its module {broken.module} cannot be imported: {broken.said}",
        remedy=f"Choose a version of {broken.package} that has a wheel for this Python, or another"
        " Python with --python; where the sentence names another package, choose another version of that",
        asset=line.asset if line else None,
        line=line.line if line else None,
        requirement=line.shown if line else None,
        log=str(log.path),
    )


def _count(lock: Lock) -> str:
    return "1 package" if len(lock.packages) == 1 else f"{len(lock.packages)} packages"
