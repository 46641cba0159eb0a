"""One at a time: whoever asks for what is being made waits for it and sees how far it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.environments.notes import Note, Notes, error_of
from modelop_jupyter.environments.reporter import Progress, Reporter
from modelop_jupyter.environments.shelf import Shelf
from modelop_jupyter.errors import ModelOpError

_POLL_SECONDS = 0.05
_TICK_SECONDS = 1.0


class Turns:
    """The guards of a shelf, each with the note that its holder keeps."""

    def __init__(self, shelf: Shelf, notes: Notes, progress: Progress) -> None:
        self._shelf = shelf
        self._notes = notes
        self._progress = progress

    @contextmanager
    def take(self, name: str, waiting: str) -> Iterator[Reporter]:
        """Hold a guard; while somebody else holds it, pass on what that one tells.

        Raises :class:`EnvironmentBuildError` where the attempt that was waited for has failed:
        it was begun for the same question a moment ago. Who was killed has not failed.
        """
        with ExitStack() as held:
            self._enter(held, name, waiting)
            reporter = Reporter(name, self._notes, self._progress)
            try:
                yield reporter
            except ModelOpError as error:
                reporter.fail(error)
                raise
            except BaseException:
                reporter.close()
                raise
            reporter.close()

    def _enter(self, held: ExitStack, name: str, waiting: str) -> None:
        began = time.time()
        shown = _Shown(self._progress, waiting)
        while True:
            try:
                held.enter_context(self._shelf.guard(name, timeout=0))
                break
            except TimeoutError:
                shown.look(self._notes.read(name))
                time.sleep(_POLL_SECONDS)
        if not shown.has_waited:
            return
        left = self._notes.read(name)
        if left is None:
            return
        if left.failure is None:
            self._progress(BuildStep("taking over", "from a process that was ended"))
        elif left.failure.moment.timestamp() >= began:
            raise error_of(left.failure)


class _Shown:
    """What has been shown of somebody else's build."""

    def __init__(self, progress: Progress, waiting: str) -> None:
        self._progress = progress
        self._began = time.time()
        self._nothing = BuildStep("waiting", waiting, is_joined=True)
        self._last: tuple[object, ...] = ()
        self._at = 0.0
        self.has_waited = False

    def look(self, note: Note | None) -> None:
        """Show what is new, and once a second that it goes on."""
        self.has_waited = True
        step = note.current if note else None
        if step is None:
            step = Note(0, self._began, self._nothing).current or self._nothing
        now, what = time.monotonic(), (step.step, step.text, step.bytes)
        if what != self._last or now - self._at >= _TICK_SECONDS:
            self._last, self._at = what, now
            self._progress(step)
