"""Environments from requirements to a proven folder; the room's front.

Everything found on disk is complete: a lock is written in one step, an environment is renamed to
its fingerprint when it is finished. Any number of processes may ask for the same one.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from modelop_jupyter.domain.environments import (
    BuildStep,
    Environment,
    EnvironmentSpec,
    Interpreter,
    Lock,
    Proof,
)
from modelop_jupyter.environments.notes import Notes
from modelop_jupyter.environments.shelf import Shelf, home_errors
from modelop_jupyter.environments.turns import Turns
from modelop_jupyter.errors import (
    ConflictError,
    EnvironmentNotFoundError,
    HomeError,
)

if TYPE_CHECKING:
    from modelop_jupyter.environments.blanks import Blanks
    from modelop_jupyter.environments.installers import Installer
    from modelop_jupyter.environments.locks import Locks
    from modelop_jupyter.environments.reporter import Reporter
    from modelop_jupyter.environments.standing import Standing

Environments = list[Environment]


def ignore(step: BuildStep) -> None:
    """Take a step of progress and do nothing."""


class EnvironmentManager:
    """Locks, builds, finds and removes the environments below ``root``.

    ``installer`` forces uv or pip; by default pip is used where uv cannot run. ``creator`` forces
    virtualenv or venv, which is used for a Python that virtualenv serves no more.
    """

    def __init__(
        self,
        root: Path,
        *,
        progress: Callable[[BuildStep], None] = ignore,
        environ: Mapping[str, str] | None = None,
        installer: Literal["uv", "pip"] | None = None,
        creator: Literal["virtualenv", "venv"] | None = None,
    ) -> None:
        self._shelf = Shelf(Path(root).absolute())
        self._notes = Notes(self._shelf.root / "status")
        self._turns = Turns(self._shelf, self._notes, progress)
        self._environ = dict(os.environ if environ is None else environ)
        self._installer = installer
        self._creator = creator
        # What a lock was asked with: its index options, perhaps credentials, are in no lock.
        self._specs: dict[str, EnvironmentSpec] = {}
        self._configuration: bytes | None = None
        self._pythons: dict[str | None, Interpreter] | None = None

    @property
    def root(self) -> Path:
        return self._shelf.root

    def at_once(self) -> EnvironmentManager:
        """Return a manager that looks at pip's files and the Pythons only once: for one long list."""
        from modelop_jupyter.environments.configuration import state_of_configuration

        made = copy.copy(self)
        made._configuration = state_of_configuration(self._environ)
        made._pythons = {}
        return made

    def interpreter(self, wanted: str | None = None) -> Interpreter:
        """Return the interpreter for a version, a path, or None for the notebook's own."""
        if self._pythons is None:
            return self._interpreter(wanted)
        if wanted not in self._pythons:
            self._pythons[wanted] = self._interpreter(wanted)
        return self._pythons[wanted]

    def _interpreter(self, wanted: str | None) -> Interpreter:
        from modelop_jupyter.environments.interpreters import Interpreters, own_interpreter

        if not wanted:
            return own_interpreter()
        return Interpreters(self.root / "interpreters.json", self._environ).resolve(wanted)

    def interpreters(self) -> list[Interpreter]:
        """Return every Python of this machine, the newest first."""
        from modelop_jupyter.environments.interpreters import Interpreters

        return Interpreters(self.root / "interpreters.json", self._environ).all()

    def lock(self, spec: EnvironmentSpec, *, refresh: bool = False) -> Lock:
        """Resolve what a model asks for; the same question gets the same lock for ever.

        ``refresh`` resolves anew, for newer versions of what is not pinned. Raises
        :class:`EnvironmentBuildError` that names asset and line.
        """
        from modelop_jupyter.environments import locks

        with home_errors(self.root):
            interpreter = self.interpreter(spec.python)
            kept = locks.Locks(self.root / "locks")
            raw = self._raw_key(spec)
            lock = None if refresh else kept.read(raw)
            if lock is None:
                lock = self._resolve(spec, interpreter, kept, raw, refresh=refresh)
        self._specs[lock.fingerprint] = spec
        return lock

    def known_lock(self, spec: EnvironmentSpec) -> Lock | None:
        """Return the lock of a question that was asked before, None for a new one: no index is asked."""
        from modelop_jupyter.environments import locks

        with home_errors(self.root):
            raw = self._raw_key(spec)
            lock = locks.Locks(self.root / "locks").read(raw)
        if lock is not None:
            self._specs[lock.fingerprint] = spec
        return lock

    def _raw_key(self, spec: EnvironmentSpec) -> str:
        from modelop_jupyter.environments import locks

        interpreter = self.interpreter(spec.python)
        return locks.raw_key(spec, interpreter, self._environ, configuration=self._configuration)

    def _asked_key(self, spec: EnvironmentSpec) -> str:
        from modelop_jupyter.environments import locks

        return locks.asked_key(spec, self.interpreter(spec.python), self._environ)

    def kept(self, digest: str, read: Callable[[str], bytes]) -> Lock:
        """Return a lock that was kept under a digest, as it was made; ``read`` gives its document.

        Raises :class:`InvalidError` for a document that is no lock.
        """
        from modelop_jupyter.environments import locks

        with home_errors(self.root):
            cache, key = locks.Locks(self.root / "locks"), locks.kept_key(digest)
            lock = cache.read(key)
            if lock is None:
                from modelop_jupyter.environments import keeping

                lock = keeping.lock_from(read(digest).decode())
                cache.write(key, lock)
        return lock

    def restore(self, digest: str, read: Callable[[str], bytes], *, spec: EnvironmentSpec) -> Lock:
        """Return a kept lock to build the same bytes again with the Python there is: no index is asked.

        ``spec`` names the Python that is wanted and the model's own index options. Raises
        :class:`EnvironmentBuildError` where no Python of the lock's version is to be had.
        """
        from modelop_jupyter.environments.keeping import built_with, interpreter_for

        lock = self.kept(digest, read)
        lock = built_with(lock, interpreter_for(lock, spec.python, self.interpreter))
        self._specs[lock.fingerprint] = spec
        return lock

    def find(self, lock: Lock) -> Environment | None:
        """Return the environment of a lock if it is built: one small file is read."""
        return self._shelf.read(lock.fingerprint)

    @property
    def standing(self) -> Standing:
        """How far environments are, whoever is at them."""
        from modelop_jupyter.environments.standing import Standing

        return Standing(
            self._shelf, self._notes, self._environ, key=self._raw_key, asked=self._asked_key
        )

    def ensure(self, lock: Lock, *, spec: EnvironmentSpec | None = None) -> Environment:
        """Return the environment of a lock, built now if it is missing.

        ``spec`` tells what the lock was asked with, where :meth:`lock` was called in another
        process and the model's own index options are needed to fetch its packages.
        """
        found = self.find(lock)
        if found is None:
            waiting = "another process builds this environment"
            with self._turns.take(lock.fingerprint, waiting) as reporter:
                found = self.find(lock) or self._build(lock, spec, reporter)
        self.touch(found)
        return found

    def repair(self, lock: Lock, damaged: Environment) -> Environment:
        """Build an environment again that has lost something of its own, if nobody has by now.

        Raises :class:`ConflictError` while it is in use.
        """
        from modelop_jupyter.environments import listing
        from modelop_jupyter.environments.removing import refuse_if_used
        from modelop_jupyter.environments.usage import end_compiling

        refuse_if_used(damaged)
        with self._turns.take(
            lock.fingerprint, "another process builds this environment"
        ) as reporter:
            there = self.find(lock)
            if there is not None:
                if not listing.damage(Path(there.path)):
                    return there
                refuse_if_used(there)
                end_compiling(Path(there.path))
            return self._build(lock, None, reporter)

    def rebuild(self, lock: Lock) -> Environment:
        """Build the environment of a lock again; raises :class:`ConflictError` while it is in use."""
        from modelop_jupyter.environments.removing import refuse_if_used
        from modelop_jupyter.environments.usage import end_compiling

        waiting = "another process builds this environment"
        with self._turns.take(lock.fingerprint, waiting) as reporter:
            there = self.find(lock)
            if there is not None:
                refuse_if_used(there)
                end_compiling(Path(there.path))
            return self._build(lock, None, reporter)

    def list(self, *, sizes: bool = False) -> Environments:
        """Return every environment, the oldest first; sizes take a walk over all files."""
        found = self._shelf.all()
        if not sizes:
            return found
        from modelop_jupyter.environments.census import Census

        folders = [Path(each.path) for each in found]
        shares = Census(folders).shares(folders)
        return [replace(each, size=shares[path]) for each, path in zip(found, folders, strict=True)]

    def get(self, prefix: str) -> Environment:
        """Return the one environment whose fingerprint begins so."""
        everything = self._shelf.all()
        found = [item for item in everything if prefix and item.fingerprint.startswith(prefix)]
        if len(found) > 1:
            raise ConflictError(
                f"{len(found)} environments begin with {prefix!r}", "Write more of the fingerprint"
            )
        if not found:
            raise EnvironmentNotFoundError(prefix, [item.fingerprint for item in everything])
        return found[0]

    def remove(self, environment: Environment) -> None:
        """Remove an environment; raises :class:`ConflictError` while it is built or in use."""
        from modelop_jupyter.environments.removing import remove

        remove(self._shelf, environment)

    def is_used(self, environment: Environment) -> bool:
        """Say whether a process runs in the environment."""
        from modelop_jupyter.environments.usage import processes_in

        return bool(processes_in(self._shelf.path(environment.fingerprint)))

    def prove(self, environment: Environment, *, names: Iterable[str] | None = None) -> Proof:
        """Look from inside: what is visible, and can the notebook's packages be imported?

        ``names`` are the modules to try; by default all that this process could import.
        """
        from modelop_jupyter.environments import proof

        tried = proof.notebook_modules() if names is None else names
        return proof.prove(environment, names=tried, environ=self._environ)

    def touch(self, environment: Environment) -> None:
        """Note that an environment is used now."""
        # A home that became read-only still serves what is built.
        with suppress(HomeError):
            self._shelf.touch(environment.fingerprint)

    def _resolve(
        self,
        spec: EnvironmentSpec,
        interpreter: Interpreter,
        kept: Locks,
        raw: str,
        *,
        refresh: bool,
    ) -> Lock:
        from modelop_jupyter.environments import locks, resolving
        from modelop_jupyter.environments.configuration import settings_of
        from modelop_jupyter.environments.creator import prepare

        question = resolving.understand(spec, self._environ)
        resolving.refuse_problems(question, self._environ)
        key = locks.meaning_key(
            question.requirements, question.additions, interpreter, question.indexes
        )
        kept.write_asked(
            locks.asked_key(spec, interpreter, self._environ), raw, settings_of(self._environ)
        )
        # Linked before there is a lock: what this question is at, or why it failed, is found by it.
        kept.link(raw, key)
        waiting = "another process resolves the same requirements"
        with self._turns.take(f"lock-{key}", waiting) as reporter:
            lock = None if refresh else kept.read(key)
            if lock is None:
                # An index takes its time: virtualenv is loaded meanwhile, if it will be needed.
                if not self._blanks().has(interpreter):
                    prepare(interpreter)
                reporter.say("resolving", f"{question.counted} for Python {interpreter.minor}")
                remarks: list[str] = []

                def tell(remark: str) -> None:
                    remarks.append(remark)
                    reporter.say("resolving", remark)

                lock = resolving.resolve(
                    question,
                    interpreter,
                    installers=self._installers(),
                    environ=self._environ,
                    log_path=self._shelf.log(f"lock-{key[:16]}"),
                    hear=reporter.hear,
                    tell=tell,
                    pythons=self.interpreters,
                )
                lock = replace(
                    lock,
                    resolved=datetime.now(timezone.utc),
                    made_for=interpreter,
                    remark="; ".join(remarks) or None,
                )
                kept.write(key, lock)
        return lock

    def _build(self, lock: Lock, spec: EnvironmentSpec | None, reporter: Reporter) -> Environment:
        from modelop_jupyter.environments import resolving
        from modelop_jupyter.environments.building import build

        spec = spec or self._specs.get(lock.fingerprint) or EnvironmentSpec()
        with home_errors(self.root):
            return build(
                lock,
                resolving.understand(spec, self._environ),
                shelf=self._shelf,
                installers=self._installers(),
                environ=self._environ,
                reporter=reporter,
                pythons=self.interpreters,
                blanks=self._blanks(),
            )

    def _blanks(self) -> Blanks:
        from modelop_jupyter.environments.blanks import Blanks

        return Blanks(self._shelf, self._creator)

    def _installers(self) -> tuple[Installer, ...]:
        from modelop_jupyter.environments.installers import available

        return available(self._installer, self._environ, self.root / "tools")
