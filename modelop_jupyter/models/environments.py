"""The environments of models: locked, built and removed by model instead of by fingerprint."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelop_jupyter.domain.build_advice import advising, named
from modelop_jupyter.domain.models import Model, ModelRef, ModelState, Snapshot
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.interpreters import check_python
from modelop_jupyter.environments.lock.pylock import interpreter_for_lock
from modelop_jupyter.environments.lock.wheels import LockedWheels, wheels_of
from modelop_jupyter.environments.progress.status_file import failure_of
from modelop_jupyter.environments.verify import manifest
from modelop_jupyter.errors import (
    BlobError,
    ConflictError,
    EnvironmentBuildError,
    EnvironmentNotFoundError,
    InvalidError,
    ModelOpError,
    PythonNotFoundError,
)
from modelop_jupyter.models.environment_spec import (
    Owner,
    ensure_lock,
    lock_of,
    name_of,
    store_lock,
)
from modelop_jupyter.remedies import Remedy

if TYPE_CHECKING:
    from modelop_jupyter.domain.disk import Clearing, Pinned
    from modelop_jupyter.domain.environments import (
        BuildStep,
        Environment,
        EnvironmentSpec,
        Interpreter,
        Lock,
        Proof,
    )
    from modelop_jupyter.domain.reports import EnvironmentState, EnvironmentView, Removed
    from modelop_jupyter.environments.cleanup.gc import GarbageCollector
    from modelop_jupyter.environments.installers.index_pages import Listing
    from modelop_jupyter.registry import BlobStore, Registry
    from modelop_jupyter.settings import Settings

_NONE: Mapping[str, Path] = MappingProxyType({})


class ModelEnvironments:
    """The environments of one home, and the locks that its models and snapshots keep.

    An *owner* is a model as it is now, or a snapshot.
    """

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        blobs: BlobStore,
        *,
        specs: Callable[[ModelState], EnvironmentSpec],
        now: Callable[[], datetime],
        progress: Callable[[BuildStep], None] | None = None,
        offline: bool = False,
    ) -> None:
        self._registry = registry
        self._blobs = blobs
        self._specs = specs
        self._now = now
        self._manager = EnvironmentManager(
            settings.environments,
            progress=progress,
            environ={**os.environ, "MODELOP_OFFLINE": "1"} if offline else None,
        )
        self._settings = settings

    @cached_property
    def upkeep(self) -> GarbageCollector:
        """What lists the environments with their sizes, pins and removes them."""
        from modelop_jupyter.environments.cleanup.gc import GarbageCollector

        return GarbageCollector(self._settings.environments)

    def spec(self, owner: Owner) -> EnvironmentSpec:
        """Return what the environment of an owner must hold; equal states give the same object."""
        return self._specs(owner.state)

    def known_lock(self, owner: Owner, manager: EnvironmentManager | None = None) -> Lock | None:
        """Return the lock that was kept or resolved before, None if there is none; asks no index."""
        try:
            return lock_of(owner, self.spec(owner), manager or self._manager, self._blobs)
        except ModelOpError:
            # What cannot be resolved has no lock; the build says why.
            return None

    def kept_lock(self, owner: Owner) -> Lock | None:
        """Return the lock as it was made, even if its Python is no longer on this machine."""
        if owner.lock is not None:
            return self._manager.stored_lock(owner.lock, self._blobs.read)
        return self.known_lock(owner)

    def remember(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot with its lock, if one is known; it is kept with the snapshot from now on."""
        if snapshot.lock is None and (lock := self.known_lock(snapshot)):
            return replace(snapshot, lock=self._keep(snapshot, store_lock(lock, self._blobs)))
        return snapshot

    def ready(self, owner: Owner) -> Environment | None:
        """Return the environment if it is built."""
        lock = self.known_lock(owner)
        return self._manager.find(lock) if lock else None

    def sound(self, owner: Owner) -> Environment | None:
        """Return the environment if it is built and a quick check finds no file missing."""
        environment = self.ready(owner)
        if environment is None or manifest.find_damage(Path(environment.path)):
            return None
        return environment

    def mended(self, owner: Owner) -> Environment:
        """Build the environment if it is not there, or again if files are missing and nothing uses it."""
        lock, environment = self.lock(owner), self.ensure(owner)
        if not manifest.find_damage(Path(environment.path)):
            return environment
        with advising(name_of(owner)), suppress(ConflictError):
            environment = self._manager.repair(lock, environment)
        return environment

    def lock(self, owner: Owner) -> Lock:
        """Return the lock, resolved now and kept if there is none; raises :class:`EnvironmentBuildError`."""
        keep = partial(self._keep, owner)
        with advising(name_of(owner)):
            return ensure_lock(owner, self._manager, self._blobs, keep=keep)

    def resolve_anew(self, model: Model) -> tuple[Lock | None, Lock]:
        """Resolve a model's requirements again, for newer versions; return the old and the new lock.

        The Python stays the one that the model is locked for, if it is still on this machine.
        """
        before, spec = self.kept_lock(model), self.spec(model)
        if before is not None:
            with suppress(EnvironmentBuildError):
                interpreter = interpreter_for_lock(before, spec.python, self._manager.interpreter)
                spec = replace(spec, python=interpreter.executable)
        with advising(model.name):
            after = self._manager.lock(spec, refresh=True)
        is_same = before is not None and before.digest == after.digest
        if before is not None and is_same and before.interpreter.minor == after.interpreter.minor:
            # Nothing newer: the lock stays the one that the snapshots have.
            self._keep(model, store_lock(before, self._blobs))
            return before, before
        lock = store_lock(after, self._blobs)
        self._registry.replace_lock(model, lock, now=self._now(), by=self._settings.author)
        return before, after

    def resolve(self, owner: Owner, spec: EnvironmentSpec) -> Lock:
        """Resolve other requirements than the owner's; the lock is not kept with it.

        Raises :class:`EnvironmentBuildError`.
        """
        with advising(name_of(owner)):
            return self._manager.lock(spec)

    def list_files(self, lock: Lock) -> Listing:
        """Return which files the indexes list of the versions of a lock that was made here."""
        return self._manager.list_files(lock)

    def check_python(self, wanted: str, *, installs: bool = False) -> None:
        """Raise :class:`InvalidError` for a Python that is not on this machine.

        With ``installs``, uv installs it.
        """
        check_python(wanted)
        try:
            if installs:
                self._manager.install_python(wanted)
            self._manager.interpreter(wanted)
        except PythonNotFoundError as error:
            hint, remedies = error.remedy, []
            if error.installable is not None:
                text = f"Have uv install Python {error.installable}, and go on"
                remedies = [Remedy(text, options=("--install-python",))]
                hint = (error.remedy or "").partition(", or ")[0]
            raise InvalidError(
                f"--python {wanted}: {error.reason}", hint, remedies=remedies
            ) from None
        except EnvironmentBuildError as error:
            raise InvalidError(f"--python {wanted}: {error.reason}", error.remedy) from None

    def python_to_install(self, python: str | None) -> str | None:
        """Return the version of a missing Python that uv may install; None where it is there, or may not."""
        return self._manager.python_to_install(python)

    def install_python(self, owner: Owner) -> None:
        """Have uv install the Python of an owner, or of its lock, if it is not on this machine."""
        if (python := self._python_wanted(owner)) is not None:
            self._manager.install_python(python)

    def _python_wanted(self, owner: Owner) -> str | None:
        if owner.state.python is not None:
            return owner.state.python
        lock = self.kept_lock(owner)
        made_for = lock.made_for if lock else None
        return made_for.minor if made_for and made_for.implementation == "cpython" else None

    def python_of(self, owner: Owner) -> str | None:
        """Return the version of Python that an owner is for, such as ``3.11``; None if it is not on this machine."""
        try:
            return self._manager.interpreter(owner.state.python).minor
        except ModelOpError:
            return None

    def asks_the_same(self, before: ModelState, after: ModelState) -> bool:
        """Return whether two states of a model require the same packages and Python."""
        old, new = self._specs(before), self._specs(after)
        return old == new or _meaning(old) == _meaning(new)

    def ensure(self, owner: Owner, *, wheels: Mapping[str, Path] = _NONE) -> Environment:
        """Build the environment if it is not there; of these wheels, by digest, where there are any."""
        lock = self.lock(owner)
        with advising(name_of(owner)):
            return self._manager.with_wheels(wheels).ensure(lock)

    def lacking_wheels(self, owner: Owner, wheels: Collection[str]) -> tuple[str, ...]:
        """Return the packages that the environment still has to get from an index.

        ``wheels`` are the digests of wheels that are at hand. Nothing is lacking where it is built.
        """
        lock = self.lock(owner)
        if self._manager.find(lock) is not None:
            return ()
        return wheels_of(lock, among=wheels).none

    def download_wheels(self, owner: Owner, folder: Path) -> tuple[Interpreter, LockedWheels]:
        """Put the wheels of the lock into a folder; return what Python they are for, and which they are.

        Raises :class:`EnvironmentBuildError`.
        """
        lock = self.lock(owner)
        locked = wheels_of(lock)
        with advising(name_of(owner)):
            if locked.wheels:
                self._manager.download(lock, locked.wheels, folder)
        return lock.interpreter, locked

    def rebuild(self, owner: Owner) -> Environment:
        """Build the environment again; raises :class:`ConflictError` while something uses it."""
        lock = self.lock(owner)
        with advising(name_of(owner)):
            return self._manager.rebuild(lock)

    def state(self, owner: Owner) -> EnvironmentState:
        """Return how far an owner's environment is."""
        return self.states([owner])[0]

    def states(self, owners: Sequence[Owner]) -> list[EnvironmentState]:
        """Return how far the environment of each owner is; lookups that they share are done once."""
        from modelop_jupyter.domain.reports import EnvironmentState

        manager = self._manager.with_cached_lookups()
        status, states = manager.status, []
        for owner in owners:
            try:
                lock = self.known_lock(owner, manager) if owner.lock is not None else None
                state = status.state(self.spec(owner), lock=lock)
            except BlobError as error:
                # One damaged file must not hide the other models.
                state = EnvironmentState("failed", failure=failure_of(error))
            states.append(_named(state, owner))
        return states

    def start_build(self, owner: Owner, start: Callable[[], int]) -> EnvironmentState:
        """Call ``start``, which starts a build in the background, if one is needed; return how far it is."""
        lock = self.known_lock(owner)
        return _named(self._manager.status.start_build(self.spec(owner), start, lock=lock), owner)

    def build_announced(self, owner: Owner) -> None:
        """Build what :meth:`start_build` announced, when its turn comes; raises what :meth:`ensure` does."""
        with self._manager.status.build_slot(self.spec(owner)):
            self.ensure(owner)

    def view(self, ref: str, owner: Owner) -> EnvironmentView:
        """Return what is known of an owner's environment without building it."""
        from modelop_jupyter.domain.reports import EnvironmentView

        kept, lock, state = self.kept_lock(owner), self.known_lock(owner), self.state(owner)
        if kept is None:
            return EnvironmentView(
                ref,
                state.state,
                None,
                (),
                step=state.step,
                failure=state.failure,
                python_to_install=self.python_to_install(self._python_wanted(owner)),
            )
        return EnvironmentView(
            model=ref,
            state=state.state,
            interpreter=(lock or kept).interpreter,
            packages=kept.packages,
            additions=kept.additions,
            environment=state.environment,
            step=state.step,
            failure=state.failure,
            resolved=kept.resolved,
            notes=self.notes(owner),
            as_of=kept.as_of,
            python_to_install=self.python_to_install(self._python_wanted(owner)),
        )

    def notes(self, owner: Owner) -> tuple[str, ...]:
        """Say what is unusual about a lock: who resolved it, another patch of its Python, or why there is none."""
        try:
            with advising(name_of(owner)):
                lock = lock_of(owner, self.spec(owner), self._manager, self._blobs)
        except ModelOpError as error:
            return (str(error),) if owner.lock else ()
        remarks = (lock.remark, lock.difference if owner.lock else None) if lock else ()
        return tuple(_sentence(remark) for remark in remarks if remark)

    def prove(self, owner: Owner) -> Proof:
        """Compare an environment with its lock from the inside; it is built now if it is not there."""
        environment = self.ensure(owner)
        with advising(name_of(owner)):
            return self._manager.prove(environment)

    def remove(self, ref: str, owner: Owner, *, force: bool) -> Removed:
        """Remove a model's environment; raises :class:`ConflictError` while something uses it.

        Without ``force`` for one that is pinned, or another model's, too.
        """
        environment = self._built(ref, owner)
        model = ModelRef.parse(ref).name
        names = self.owners()[environment.fingerprint]
        others = [name for name in names if ModelRef.parse(name).name != model]
        if others and not force:
            raise ConflictError(
                f"the environment of {ref} is also that of {', '.join(others)}",
                "With --force it is removed, and built again when it is needed next",
            )
        if self.upkeep.is_pinned(environment) and not force:
            raise ConflictError(
                f"the environment of {ref} is pinned",
                f"Type 'env unpin {ref}' first, or add --force",
            )
        self._manager.remove(environment)
        self.upkeep.unpin(environment)
        from modelop_jupyter.domain.reports import Removed

        return Removed("environment", ref)

    def pin(self, ref: str, owner: Owner) -> Pinned:
        """Keep an environment, which must be built, from being removed by :meth:`clear`."""
        from modelop_jupyter.domain.disk import Pinned

        environment = self._built(ref, owner)
        self.upkeep.pin(environment)
        return Pinned(ref, environment.fingerprint, is_pinned=True)

    def unpin(self, ref: str, owner: Owner) -> Pinned:
        """Let :meth:`clear` remove an environment again."""
        from modelop_jupyter.domain.disk import Pinned

        environment = self._built(ref, owner)
        self.upkeep.unpin(environment)
        return Pinned(ref, environment.fingerprint, is_pinned=False)

    def clear(self, quota: int, *, busy: Iterable[Owner], is_dry_run: bool) -> Clearing:
        """Remove the least recently used environments beyond ``quota`` bytes; those of ``busy`` owners stay."""
        from modelop_jupyter.environments.cleanup.leftovers import temporary_files

        locks = [self.known_lock(owner) for owner in busy]
        return self.upkeep.clear(
            quota,
            owners=self.owners(),
            busy={lock.fingerprint for lock in locks if lock is not None},
            others=temporary_files(self._blobs.root, "*/*/.*.part"),
            is_dry_run=is_dry_run,
        )

    def owners(self) -> dict[str, tuple[str, ...]]:
        """Return by fingerprint the models that use an environment, and snapshots whose model uses another."""
        users: dict[str, dict[str, None]] = defaultdict(dict)
        manager, others = self._manager.with_cached_lookups(), self._registry.superseded_snapshots()
        for model in self._registry.list_models():
            if lock := self.known_lock(model, manager):
                users[lock.fingerprint][model.name] = None
            for snapshot in others.get(model.name, ()):
                lock = self.known_lock(snapshot, manager)
                if lock is not None and model.name not in users[lock.fingerprint]:
                    users[lock.fingerprint][snapshot.ref] = None
        return defaultdict(tuple, {key: tuple(names) for key, names in users.items()})

    def _built(self, ref: str, owner: Owner) -> Environment:
        environment = self.ready(owner)
        if environment is None:
            raise EnvironmentNotFoundError(ref)
        return environment

    def _keep(self, owner: Owner, digest: str) -> str:
        return self._registry.set_lock(owner, digest)


def _named(state: EnvironmentState, owner: Owner) -> EnvironmentState:
    """Put the model's name into the advice of a failure, which is stored without one."""
    if state.failure is None:
        return state
    remedy = named(state.failure.remedy, name_of(owner))
    return replace(state, failure=replace(state.failure, remedy=remedy))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _meaning(spec: EnvironmentSpec) -> tuple[object, ...]:
    parsed = spec.requirements
    problems = tuple((problem.text, problem.reason) for problem in parsed.problems)
    return spec.python, spec.as_of, spec.additions, parsed.meaning, problems
