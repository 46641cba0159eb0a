"""How far the environment of a request is: ready, building in whichever process, failed, not begun.

A process that is to build in the background is recorded under the raw key of its request, which is
known before anything is resolved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from modelop_jupyter.domain.environments import (
    BuildFailure,
    BuildStep,
    Environment,
    EnvironmentSpec,
    Lock,
)
from modelop_jupyter.domain.reports import EnvironmentState
from modelop_jupyter.environments.installers.pip_config import settings_of
from modelop_jupyter.environments.lock.cache import LockCache
from modelop_jupyter.environments.progress.status_file import (
    BuildStatus,
    BuildStatusFiles,
    failure_of,
)
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.errors import ModelOpError

if TYPE_CHECKING:
    from modelop_jupyter.environments.lock.request import ResolveRequest

_BACKGROUND = "background"


class EnvironmentStatus:
    """Reads the state of environments, and starts and orders background builds.

    ``raw_key`` and ``asked_key`` return the keys of :mod:`~modelop_jupyter.environments.lock.cache`,
    ``request`` reads a request.
    """

    def __init__(
        self,
        store: EnvironmentStore,
        statuses: BuildStatusFiles,
        environ: Mapping[str, str],
        *,
        raw_key: Callable[[EnvironmentSpec], str],
        asked_key: Callable[[EnvironmentSpec], str],
        request: Callable[[EnvironmentSpec], ResolveRequest],
    ) -> None:
        self._store = store
        self._statuses = statuses
        self._environ = environ
        self._raw_key = raw_key
        self._asked_key = asked_key
        self._request = request
        self._locks = LockCache(store.root / "locks")

    def state(self, spec: EnvironmentSpec, *, lock: Lock | None = None) -> EnvironmentState:
        """Return the state of a request's environment; never raises.

        ``lock`` is the model's own, where the same request might get another one now.
        """
        try:
            raw = self._raw_key(spec)
        except ModelOpError as error:
            return EnvironmentState("failed", failure=failure_of(error))
        found = lock or self._locks.read(raw)
        if environment := self._built(found):
            return EnvironmentState("ready", environment)
        name = found.fingerprint if found else f"lock-{self._locks.linked(raw)}"
        own = self._statuses.read(name)
        for status in (own, self._statuses.read(raw)):
            if status and status.step and status.is_alive:
                return EnvironmentState("building", step=status.current_step)
        if own and own.failure:
            return EnvironmentState("failed", failure=own.failure)
        # A build that has ended between the two looks has no status any more.
        found = lock or self._locks.read(raw)
        if environment := self._built(found):
            return EnvironmentState("ready", environment)
        if found is None and (refusal := self._refusal(spec)):
            return EnvironmentState("failed", failure=failure_of(refusal))
        if found is None and (failure := self._failure_with_other_settings(spec, raw)):
            return EnvironmentState("failed", failure=failure)
        return EnvironmentState("not built" if found else "not locked")

    def _built(self, lock: Lock | None) -> Environment | None:
        return self._store.read(lock.fingerprint) if lock else None

    def start_build(
        self, spec: EnvironmentSpec, start: Callable[[], int], *, lock: Lock | None = None
    ) -> EnvironmentState:
        """Start the process that builds a request's environment, unless it is built or building.

        ``start`` returns the process's id. No failure is raised: the first job meets it again.
        """
        from modelop_jupyter.environments.lock.request import refuse_problems

        state = self.state(spec, lock=lock)
        if state.state in ("ready", "building"):
            return state
        try:
            name = self._raw_key(spec)
            request = self._request(spec)
            refuse_problems(request)
            status = BuildStatus(start(), time.time(), BuildStep("preparing", request.summary))
            self._statuses.write(name, status)
        except (ModelOpError, OSError):
            return state
        return EnvironmentState("building", step=status.current_step)

    @contextmanager
    def build_slot(self, spec: EnvironmentSpec) -> Iterator[None]:
        """Wait until no other background build runs; only one runs at a time."""
        try:
            with self._store.file_lock(_BACKGROUND):
                yield
        finally:
            with suppress(ModelOpError):
                self._statuses.remove(self._raw_key(spec))

    def _failure_with_other_settings(self, spec: EnvironmentSpec, raw: str) -> BuildFailure | None:
        """Return the failure of the same request when it was made with other settings of pip."""
        last = self._locks.read_attempt(self._asked_key(spec))
        if last is None or last[0] == raw:
            return None
        status = self._statuses.read(f"lock-{self._locks.linked(last[0])}")
        if status is None or status.failure is None:
            return None
        before, now = last[1], settings_of(self._environ)
        names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
        sentence = (
            f"it failed with other settings of pip than those here ({', '.join(names)}), and was not"
            " tried with these"
        )
        failure = status.failure
        return replace(
            failure,
            message=f"{sentence}. Then: {failure.message}",
            reason=f"{sentence}. Then: {failure.reason}",
            remedy=f"Type 'env build NAME' to try it here. With the other settings: {failure.remedy}"
            if failure.remedy
            else "Type 'env build NAME' to try it here",
        )

    def _refusal(self, spec: EnvironmentSpec) -> ModelOpError | None:
        """Return why the requirements cannot be resolved at all, None where they can be tried."""
        from modelop_jupyter.environments.lock.request import has_problems, refuse_problems

        if not has_problems(spec.requirements, self._environ):
            return None
        try:
            refuse_problems(self._request(spec))
        except ModelOpError as error:
            return error
        return None
