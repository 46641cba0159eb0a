"""Environments as a user sees them: by model, not by fingerprint."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from modelop_jupyter.domain.environments import BuildStep, Environment, EnvironmentSpec, Lock, Proof
from modelop_jupyter.domain.models import Model, ModelState, Snapshot
from modelop_jupyter.domain.reports import (
    EnvironmentRow,
    EnvironmentState,
    EnvironmentView,
    Removed,
)
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.keeping import interpreter_for
from modelop_jupyter.environments.manager import ignore
from modelop_jupyter.errors import EnvironmentBuildError, EnvironmentNotFoundError, ModelOpError
from modelop_jupyter.jobs.environment import (
    Owner,
    lock_of,
    put_lock,
    spec_of,
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
        progress: Callable[[BuildStep], None] | None = None,
    ) -> None:
        self._registry = registry
        self._blobs = blobs
        self._manager = EnvironmentManager(settings.environments, progress=progress or ignore)

    def spec(self, owner: Owner) -> EnvironmentSpec:
        """Return what the environment of a model or snapshot must hold."""
        return spec_of(owner, self._blobs)

    def known_lock(self, owner: Owner) -> Lock | None:
        """Return the lock that was kept or resolved before, None where none was; asks no index."""
        try:
            return lock_of(owner, self._manager, self._blobs)
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

    def lock(self, owner: Owner) -> Lock:
        """Return the lock, resolved now and kept where there is none; raises :class:`EnvironmentBuildError`."""
        keep = partial(self._keep, owner)
        return take_lock(owner, self._manager, self._blobs, keep=keep)

    def resolve_anew(self, model: Model) -> tuple[Lock | None, Lock, Model]:
        """Lock a model anew, for newer versions; return the lock before, the lock now, and the model.

        The Python stays the one that the model is locked for, where that is still to be had.
        """
        before, spec = self.kept_lock(model), self.spec(model)
        if before is not None:
            with suppress(EnvironmentBuildError):
                found = interpreter_for(before, spec.python, self._manager.interpreter)
                spec = replace(spec, python=found.executable)
        after = self._manager.lock(spec, refresh=True)
        is_same = before is not None and before.digest == after.digest
        if before is not None and is_same and before.interpreter.minor == after.interpreter.minor:
            # Nothing newer: the lock stays the one that the snapshots have.
            return (
                before,
                before,
                replace(model, lock=self._keep(model, put_lock(before, self._blobs))),
            )
        digest = put_lock(after, self._blobs)
        return before, after, self._registry.replace_lock(model, digest, now=now())

    def asks_the_same(self, before: ModelState, after: ModelState) -> bool:
        """Say whether two states of a model ask for the same packages and Python."""
        old, new = (spec_of_state(state, self._blobs) for state in (before, after))
        return old == new or _meaning(old) == _meaning(new)

    def ensure(self, owner: Owner) -> Environment:
        """Build the environment if it is not there."""
        return self._manager.ensure(self.lock(owner))

    def state(self, owner: Owner) -> EnvironmentState:
        """Say how far a model's environment is."""
        return self._manager.standing.state(self.spec(owner), lock=self.known_lock(owner))

    def prepare(self, owner: Owner, start: Callable[[], int]) -> EnvironmentState:
        """Have a process build the environment in the background if need be; say how far it is."""
        lock = self.known_lock(owner)
        return self._manager.standing.prepare(self.spec(owner), start, lock=lock)

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
            notes=self._notes(owner, lock),
        )

    def prove(self, owner: Owner) -> Proof:
        """Check a model's environment from the inside, building it if need be."""
        return self._manager.prove(self.ensure(owner))

    def remove(self, ref: str, owner: Owner) -> Removed:
        """Remove a model's environment; raises :class:`ConflictError` while something uses it."""
        found = self.ready(owner)
        if found is None:
            raise EnvironmentNotFoundError(ref)
        self._manager.remove(found)
        return Removed("environment", ref)

    def rows(self) -> list[EnvironmentRow]:
        """List what is on disk with the models that use it."""
        models: dict[str, list[str]] = {}
        for model in self._registry.list_models():
            lock = self.known_lock(model)
            if lock is not None:
                models.setdefault(lock.fingerprint, []).append(model.name)
        return [
            EnvironmentRow(
                environment=each,
                models=tuple(models.get(each.fingerprint, ())),
                in_use=self._manager.is_used(each),
            )
            for each in self._manager.list(sizes=True)
        ]

    def _keep(self, owner: Owner, digest: str) -> str:
        return self._registry.set_lock(owner, digest)

    def _notes(self, owner: Owner, lock: Lock | None) -> tuple[str, ...]:
        """Say what is odd about the Python of a lock."""
        if lock is not None:
            return (_sentence(lock.difference),) if lock.difference else ()
        try:
            lock_of(owner, self._manager, self._blobs)
        except ModelOpError as error:
            return (str(error),)
        return ()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _meaning(spec: EnvironmentSpec) -> tuple[object, ...]:
    parsed = spec.requirements
    problems = tuple((problem.text, problem.reason) for problem in parsed.problems)
    return spec.python, spec.additions, parsed.meaning, problems
