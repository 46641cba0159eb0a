"""One process resolves or builds the same thing at a time; the others wait and show its progress."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from modelop_jupyter.domain.environments import BuildStep
from modelop_jupyter.environments.progress.status_file import (
    BuildStatus,
    BuildStatusFiles,
    Progress,
    Reporter,
    error_of,
)
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.errors import ModelOpError

_POLL_SECONDS = 0.05
_TICK_SECONDS = 1.0


class BuildLock:
    """The file locks of a store, each with the status file of its holder."""

    def __init__(
        self, store: EnvironmentStore, statuses: BuildStatusFiles, progress: Progress
    ) -> None:
        self._store = store
        self._statuses = statuses
        self._progress = progress

    @contextmanager
    def acquire(self, name: str, waiting: str) -> Iterator[Reporter]:
        """Hold the lock of a name; while another process holds it, show that one's progress.

        ``waiting`` is shown while that one has no status yet. Raises
        :class:`EnvironmentBuildError` where the build that was waited for has failed: the same
        build would fail again. A holder that was killed has not failed.
        """
        with ExitStack() as locks:
            self._wait(locks, name, waiting)
            reporter = Reporter(name, self._statuses, self._progress)
            try:
                yield reporter
            except ModelOpError as error:
                reporter.fail(error)
                raise
            except BaseException:
                reporter.close()
                raise
            reporter.close()

    def _wait(self, locks: ExitStack, name: str, waiting: str) -> None:
        began = time.time()
        display = _WaitDisplay(self._progress, waiting)
        while True:
            try:
                locks.enter_context(self._store.file_lock(name, timeout=0))
                break
            except TimeoutError:
                display.update(self._statuses.read(name))
                time.sleep(_POLL_SECONDS)
        if not display.has_waited:
            return
        status = self._statuses.read(name)
        if status is None:
            return
        if status.failure is None:
            self._progress(BuildStep("taking over", "from a process that was ended"))
        elif status.failure.moment.timestamp() >= began:
            raise error_of(status.failure, is_unavailable=status.is_unavailable)


class _WaitDisplay:
    """Show the progress of another process's build."""

    def __init__(self, progress: Progress, waiting: str) -> None:
        self._progress = progress
        self._began = time.time()
        self._waiting = BuildStep("waiting", waiting, is_joined=True)
        self._shown: tuple[object, ...] = ()
        self._shown_at = 0.0
        self.has_waited = False

    def update(self, status: BuildStatus | None) -> None:
        """Show a step that changed at once, and one that goes on once a second."""
        self.has_waited = True
        step = status.current_step if status else None
        if step is None:
            step = BuildStatus(0, self._began, self._waiting).current_step or self._waiting
        now, content = time.monotonic(), (step.step, step.text, step.bytes)
        if content != self._shown or now - self._shown_at >= _TICK_SECONDS:
            self._shown, self._shown_at = content, now
            self._progress(step)
