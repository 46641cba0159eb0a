"""Environments as a user sees them: by model, not by fingerprint."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from modelop_jupyter.domain.advice import advising, named
from modelop_jupyter.domain.disk import Clearing, Pinned
from modelop_jupyter.domain.environments import BuildStep, Environment, EnvironmentSpec, Lock, Proof
from modelop_jupyter.domain.models import Model, ModelRef, ModelState, Snapshot
from modelop_jupyter.domain.reports import (
    EnvironmentState,
    EnvironmentView,
    Removed,
)
from modelop_jupyter.environments import EnvironmentManager, listing
from modelop_jupyter.environments.interpreters import check_python
from modelop_jupyter.environments.keeping import interpreter_for
from modelop_jupyter.environments.leftovers import temporary_files
from modelop_jupyter.environments.manager import ignore
from modelop_jupyter.environments.notes import failure_of
from modelop_jupyter.environments.upkeep import Upkeep
from modelop_jupyter.errors import (
    BlobError,
    ConflictError,
    EnvironmentBuildError,
    EnvironmentNotFoundError,
    InvalidError,
    ModelOpError,
)
from modelop_jupyter.jobs.environment import (
    Owner,
    lock_of,
    name_of,
    put_lock,
    spec_of_state,
    take_lock,
)
from modelop_jupyter.registry import BlobStore, Registry
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace.home import now


class ModelEnvironments:
    """The environments of one home and the models whose locks they hold."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        blobs: BlobStore,
        *,
        specs: Callable[[ModelState], EnvironmentSpec],
        progress: Callable[[BuildStep], None] | None = None,
        offline: bool = False,
    ) -> None:
        self._registry = registry
        self._blobs = blobs
        self._specs = specs
        self._manager = EnvironmentManager(
            settings.environments,
            progress=progress or ignore,
            environ={**os.environ, "MODELOP_OFFLINE": "1"} if offline else None,
        )
        self.upkeep = Upkeep(settings.environments)

    def spec(self, owner: Owner) -> EnvironmentSpec:
        """Return what the environment of a model or snapshot must hold."""
        return self._specs(owner.state)

    def known_lock(self, owner: Owner, manager: EnvironmentManager | None = None) -> Lock | None:
        """Return the lock that was kept or resolved before, None where none was; asks no index."""
        try:
            return lock_of(owner, self.spec(owner), manager or self._manager, self._blobs)
        except ModelOpError:
            # What cannot be resolved has no lock; the build says why.
            return None

    def kept_lock(self, owner: Owner) -> Lock | None:
        """Return the lock as it was made, also where its Python is no longer on this machine."""
        if owner.lock is not None:
            return self._manager.kept(owner.lock, self._blobs.read)
        return self.known_lock(owner)

    def remember(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot with its lock, kept from now on, if it is known."""
        if snapshot.lock is None and (lock := self.known_lock(snapshot)):
            return replace(snapshot, lock=self._keep(snapshot, put_lock(lock, self._blobs)))
        return snapshot

    def ready(self, owner: Owner) -> Environment | None:
        """Return the environment if it is built."""
        lock = self.known_lock(owner)
        return self._manager.find(lock) if lock else None

    def sound(self, owner: Owner) -> Environment | None:
        """Return the environment if it is built and has lost nothing that a quick look sees."""
        found = self.ready(owner)
        return None if found is None or listing.damage(Path(found.path)) else found

    def mended(self, owner: Owner) -> Environment:
        """Build the environment if it is not there, or anew if it has lost something and nobody uses it."""
        lock, found = self.lock(owner), self.ensure(owner)
        if not listing.damage(Path(found.path)):
            return found
        with advising(name_of(owner)), suppress(ConflictError):
            found = self._manager.repair(lock, found)
        return found

    def lock(self, owner: Owner) -> Lock:
        """Return the lock, resolved now and kept where there is none; raises :class:`EnvironmentBuildError`."""
        keep = partial(self._keep, owner)
        with advising(name_of(owner)):
            return take_lock(owner, self._manager, self._blobs, keep=keep)

    def resolve_anew(self, model: Model) -> tuple[Lock | None, Lock]:
        """Lock a model anew, for newer versions; return the lock before and the lock now.

        The Python stays the one that the model is locked for, where that is still to be had.
        """
        before, spec = self.kept_lock(model), self.spec(model)
        if before is not None:
            with suppress(EnvironmentBuildError):
                found = interpreter_for(before, spec.python, self._manager.interpreter)
                spec = replace(spec, python=found.executable)
        with advising(model.name):
            after = self._manager.lock(spec, refresh=True)
        is_same = before is not None and before.digest == after.digest
        if before is not None and is_same and before.interpreter.minor == after.interpreter.minor:
            # Nothing newer: the lock stays the one that the snapshots have.
            self._keep(model, put_lock(before, self._blobs))
            return before, before
        self._registry.replace_lock(model, put_lock(after, self._blobs), now=now())
        return before, after

    def resolve(self, owner: Owner, spec: EnvironmentSpec) -> Lock:
        """Resolve another question about a model; raises :class:`EnvironmentBuildError`."""
        with advising(name_of(owner)):
            return self._manager.lock(spec)

    def check_python(self, wanted: str) -> None:
        """Refuse a Python that is not on this machine; raises :class:`InvalidError`."""
        check_python(wanted)
        try:
            self._manager.interpreter(wanted)
        except EnvironmentBuildError as error:
            raise InvalidError(f"--python {wanted}: {error.reason}", error.remedy) from None

    def python_of(self, owner: Owner) -> str | None:
        """Return the version of the Python that a model is for, None where it is not on this machine."""
        try:
            return self._manager.interpreter(owner.state.python).minor
        except ModelOpError:
            return None

    def asks_the_same(self, before: ModelState, after: ModelState) -> bool:
        """Say whether two states of a model ask for the same packages and Python."""
        old, new = (spec_of_state(state, self._blobs) for state in (before, after))
        return old == new or _meaning(old) == _meaning(new)

    def ensure(self, owner: Owner) -> Environment:
        """Build the environment if it is not there."""
        lock = self.lock(owner)
        with advising(name_of(owner)):
            return self._manager.ensure(lock)

    def rebuild(self, owner: Owner) -> Environment:
        """Build the environment anew; raises :class:`ConflictError` while something uses it."""
        lock = self.lock(owner)
        with advising(name_of(owner)):
            return self._manager.rebuild(lock)

    def state(self, owner: Owner) -> EnvironmentState:
        """Say how far a model's environment is."""
        return self.states([owner])[0]

    def states(self, owners: Sequence[Owner]) -> list[EnvironmentState]:
        """Say how far the environment of each is; what is the same for all is looked at once."""
        manager = self._manager.at_once()
        standing, found = manager.standing, []
        for owner in owners:
            try:
                lock = self.known_lock(owner, manager) if owner.lock is not None else None
                state = standing.state(self.spec(owner), lock=lock)
            except BlobError as error:
                # One damaged file hides no other model.
                state = EnvironmentState("failed", failure=failure_of(error))
            found.append(_named(state, owner))
        return found

    def prepare(self, owner: Owner, start: Callable[[], int]) -> EnvironmentState:
        """Have a process build the environment in the background if need be; say how far it is."""
        lock = self.known_lock(owner)
        return _named(self._manager.standing.prepare(self.spec(owner), start, lock=lock), owner)

    def build_in_background(self, owner: Owner) -> None:
        """Build what was announced, when it is its turn; raises what :meth:`ensure` raises."""
        with self._manager.standing.turn(self.spec(owner)):
            self.ensure(owner)

    def view(self, ref: str, owner: Owner) -> EnvironmentView:
        """Tell of a model's environment what is known without building it."""
        kept, lock, state = self.kept_lock(owner), self.known_lock(owner), self.state(owner)
        if kept is None:
            return EnvironmentView(
                ref, state.state, None, (), step=state.step, failure=state.failure
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
        )

    def notes(self, owner: Owner) -> tuple[str, ...]:
        """Say what is odd about a lock: who resolved it, its Python is another patch, or there is none."""
        try:
            with advising(name_of(owner)):
                lock = lock_of(owner, self.spec(owner), self._manager, self._blobs)
        except ModelOpError as error:
            return (str(error),) if owner.lock else ()
        told = (lock.remark, lock.difference if owner.lock else None) if lock else ()
        return tuple(_sentence(each) for each in told if each)

    def prove(self, owner: Owner) -> Proof:
        """Check a model's environment from the inside, building it if need be."""
        found = self.ensure(owner)
        with advising(name_of(owner)):
            return self._manager.prove(found)

    def remove(self, ref: str, owner: Owner, *, force: bool) -> Removed:
        """Remove a model's environment; raises :class:`ConflictError` while something uses it.

        Without ``force`` for one that is pinned, or another model's, too.
        """
        found = self._built(ref, owner)
        model = ModelRef.parse(ref).name
        names = self.owners()[found.fingerprint]
        others = [name for name in names if ModelRef.parse(name).name != model]
        if others and not force:
            raise ConflictError(
                f"the environment of {ref} is also that of {', '.join(others)}",
                "With --force it is removed, and built again for whoever needs it first",
            )
        if self.upkeep.is_pinned(found) and not force:
            raise ConflictError(
                f"the environment of {ref} is pinned",
                f"Type 'env unpin {ref}' first, or add --force",
            )
        self._manager.remove(found)
        self.upkeep.unpin(found)
        return Removed("environment", ref)

    def pin(self, ref: str, owner: Owner) -> Pinned:
        """Keep a model's environment from being cleared away."""
        found = self._built(ref, owner)
        self.upkeep.pin(found)
        return Pinned(ref, found.fingerprint, is_pinned=True)

    def unpin(self, ref: str, owner: Owner) -> Pinned:
        """Let a model's environment be cleared away again."""
        found = self._built(ref, owner)
        self.upkeep.unpin(found)
        return Pinned(ref, found.fingerprint, is_pinned=False)

    def clear(self, quota: int, *, busy: Iterable[Owner], is_dry_run: bool) -> Clearing:
        """Clear away what is beyond a quota; the environments of ``busy`` stay."""
        locks = [self.known_lock(owner) for owner in busy]
        return self.upkeep.clear(
            quota,
            owners=self.owners(),
            busy={lock.fingerprint for lock in locks if lock is not None},
            others=temporary_files(self._blobs.root, "*/*/.*.part"),
            is_dry_run=is_dry_run,
        )

    def owners(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the models, and of snapshots that differ from theirs, by fingerprint."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        manager, others = self._manager.at_once(), self._registry.superseded_snapshots()
        for model in self._registry.list_models():
            if lock := self.known_lock(model, manager):
                found[lock.fingerprint][model.name] = None
            for snapshot in others.get(model.name, ()):
                lock = self.known_lock(snapshot, manager)
                if lock is not None and model.name not in found[lock.fingerprint]:
                    found[lock.fingerprint][snapshot.ref] = None
        return defaultdict(tuple, {key: tuple(names) for key, names in found.items()})

    def _built(self, ref: str, owner: Owner) -> Environment:
        found = self.ready(owner)
        if found is None:
            raise EnvironmentNotFoundError(ref)
        return found

    def _keep(self, owner: Owner, digest: str) -> str:
        return self._registry.set_lock(owner, digest)


def _named(state: EnvironmentState, owner: Owner) -> EnvironmentState:
    """Return a state whose failure advises with the model's name: failures are kept for any model."""
    if state.failure is None:
        return state
    remedy = named(state.failure.remedy, name_of(owner))
    return replace(state, failure=replace(state.failure, remedy=remedy))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _meaning(spec: EnvironmentSpec) -> tuple[object, ...]:
    parsed = spec.requirements
    problems = tuple((problem.text, problem.reason) for problem in parsed.problems)
    return spec.python, spec.additions, parsed.meaning, problems
