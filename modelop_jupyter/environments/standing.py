"""How far an environment is, seen from outside: ready, being built by whomever, failed, or not begun.

A process that will build what nobody waits for yet announces itself under the question as it
stands, before anything is known of locks and fingerprints.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from modelop_jupyter.domain.environments import BuildFailure, BuildStep, EnvironmentSpec, Lock
from modelop_jupyter.domain.reports import EnvironmentState
from modelop_jupyter.environments import locks
from modelop_jupyter.environments.configuration import settings_of
from modelop_jupyter.environments.notes import Note, Notes, failure_of
from modelop_jupyter.environments.shelf import Shelf
from modelop_jupyter.errors import ModelOpError

_BACKGROUND = "background"


class Standing:
    """Looks, starts and waits, but builds nothing itself."""

    def __init__(
        self,
        shelf: Shelf,
        notes: Notes,
        environ: Mapping[str, str],
        *,
        key: Callable[[EnvironmentSpec], str],
        asked: Callable[[EnvironmentSpec], str],
    ) -> None:
        self._shelf = shelf
        self._notes = notes
        self._environ = environ
        self._key = key
        self._asked = asked
        self._locks = locks.Locks(shelf.root / "locks")

    def state(self, spec: EnvironmentSpec, *, lock: Lock | None = None) -> EnvironmentState:
        """Say how far the environment of a question is.

        ``lock`` is the one that a model was given, whatever the same question gets by now.
        """
        try:
            raw = self._key(spec)
        except ModelOpError as error:
            return EnvironmentState("failed", failure=failure_of(error))
        lock = lock or self._locks.read(raw)
        found = self._shelf.read(lock.fingerprint) if lock else None
        if found is not None:
            return EnvironmentState("ready", found)
        note = self._notes.read(lock.fingerprint if lock else f"lock-{self._locks.key_of(raw)}")
        for each in (note, self._notes.read(raw)):
            if each and each.step and each.is_alive:
                return EnvironmentState("building", step=each.current)
        if note and note.failure:
            return EnvironmentState("failed", failure=note.failure)
        if lock is None and (refusal := self._refusal(spec)):
            return EnvironmentState("failed", failure=failure_of(refusal))
        if lock is None and (failure := self._elsewhere(spec, raw)):
            return EnvironmentState("failed", failure=failure)
        return EnvironmentState("not built" if lock else "not locked")

    def prepare(
        self, spec: EnvironmentSpec, start: Callable[[], int], *, lock: Lock | None = None
    ) -> EnvironmentState:
        """Start the process that builds what a question asks for, unless nothing is to be done.

        ``start`` returns the process's id. Whatever fails here, the first job meets it again.
        """
        from modelop_jupyter.environments import resolving

        state = self.state(spec, lock=lock)
        if state.state in ("ready", "building"):
            return state
        try:
            name = self._key(spec)
            question = resolving.understand(spec, self._environ)
            resolving.refuse_problems(question, self._environ)
            note = Note(start(), time.time(), BuildStep("preparing", question.counted))
            self._notes.write(name, note)
        except (ModelOpError, OSError):
            return state
        return EnvironmentState("building", step=note.current)

    @contextmanager
    def turn(self, spec: EnvironmentSpec) -> Iterator[None]:
        """Wait for the turn among those that build in the background: one at a time."""
        try:
            with self._shelf.guard(_BACKGROUND):
                yield
        finally:
            with suppress(ModelOpError):
                self._notes.remove(self._key(spec))

    def _elsewhere(self, spec: EnvironmentSpec, raw: str) -> BuildFailure | None:
        """Return the failure of the same question that was asked with other settings of pip."""
        last = self._locks.read_asked(self._asked(spec))
        if last is None or last[0] == raw:
            return None
        note = self._notes.read(f"lock-{self._locks.key_of(last[0])}")
        if note is None or note.failure is None:
            return None
        before, now = last[1], settings_of(self._environ)
        names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
        told = (
            f"it failed with other settings of pip than those here ({', '.join(names)}), and was not"
            " tried with these"
        )
        failure = note.failure
        return replace(
            failure,
            message=f"{told}. Then: {failure.message}",
            reason=f"{told}. Then: {failure.reason}",
            remedy=f"Type 'env build NAME' to try it here. With the other settings: {failure.remedy}"
            if failure.remedy
            else "Type 'env build NAME' to try it here",
        )

    def _refusal(self, spec: EnvironmentSpec) -> ModelOpError | None:
        """Return why the requirements cannot even be asked for."""
        from modelop_jupyter.environments import resolving

        if not resolving.has_problems(spec.requirements, self._environ):
            return None
        try:
            resolving.refuse_problems(resolving.understand(spec, self._environ), self._environ)
        except ModelOpError as error:
            return error
        return None
