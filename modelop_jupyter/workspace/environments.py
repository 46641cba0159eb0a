"""Environments as a user sees them: by model, not by fingerprint."""

from __future__ import annotations

from collections.abc import Callable

from modelop_jupyter.domain.environments import BuildStep, Environment, EnvironmentSpec, Lock, Proof
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.reports import (
    EnvironmentRow,
    EnvironmentState,
    EnvironmentView,
    Removed,
)
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.manager import ignore
from modelop_jupyter.errors import EnvironmentNotFoundError, ModelOpError
from modelop_jupyter.jobs.environment import spec_for
from modelop_jupyter.jobs.staging import tags_of
from modelop_jupyter.registry import BlobStore, Registry
from modelop_jupyter.settings import Settings


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

    def spec(self, state: ModelState) -> EnvironmentSpec:
        """Return what a model's environment must hold."""
        return spec_for(state, tags_of(state, self._blobs), self._blobs)

    def known_lock(self, state: ModelState) -> Lock | None:
        """Return the lock that was resolved before, None where nothing was; asks no index."""
        try:
            return self._manager.known_lock(self.spec(state))
        except ModelOpError:
            # What cannot be resolved has no lock; the build says why.
            return None

    def ready(self, state: ModelState) -> Environment | None:
        """Return the environment if it is built."""
        lock = self.known_lock(state)
        return self._manager.find(lock) if lock else None

    def lock(self, state: ModelState) -> Lock:
        """Resolve what a model asks for; raises :class:`EnvironmentBuildError`."""
        return self._manager.lock(self.spec(state))

    def ensure(self, state: ModelState) -> Environment:
        """Build the environment if it is not there."""
        return self._manager.ensure(self.lock(state))

    def state(self, state: ModelState) -> EnvironmentState:
        """Say how far a model's environment is."""
        lock = self.known_lock(state)
        if lock is None:
            return EnvironmentState("not locked")
        found = self._manager.find(lock)
        return EnvironmentState("ready" if found else "not built", found)

    def view(self, ref: str, state: ModelState) -> EnvironmentView:
        """Tell of a model's environment what is known without building it."""
        lock = self.known_lock(state)
        if lock is None:
            return EnvironmentView(ref, "not locked", None, ())
        found = self._manager.find(lock)
        return EnvironmentView(
            model=ref,
            state="ready" if found else "not built",
            interpreter=lock.interpreter,
            packages=lock.packages,
            additions=lock.additions,
            environment=found,
        )

    def prove(self, state: ModelState) -> Proof:
        """Check a model's environment from the inside, building it if need be."""
        return self._manager.prove(self.ensure(state))

    def remove(self, ref: str, state: ModelState) -> Removed:
        """Remove a model's environment; raises :class:`ConflictError` while something uses it."""
        found = self.ready(state)
        if found is None:
            raise EnvironmentNotFoundError(ref)
        self._manager.remove(found)
        return Removed("environment", ref)

    def rows(self) -> list[EnvironmentRow]:
        """List what is on disk with the models that use it."""
        models: dict[str, list[str]] = {}
        for model in self._registry.list_models():
            lock = self.known_lock(model.state)
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
