"""The threads of a panel: one for tasks in order and for polling, and a pool for long tasks."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

Task = Callable[[], object]

_POLL_SECONDS = 0.25
_LONG_THREADS = 4
_CLOSE_SECONDS = 5.0


class BackgroundWorker:
    """Runs a panel's tasks outside the kernel's main thread. Close it.

    ``on_change`` is called after each task and after each ``poll`` that returns true. ``poll`` is
    called four times a second while the panel is visible. Tasks, ``poll`` and ``on_change`` run in
    one and the same thread, so they need no locks. ``on_error`` gets the exceptions raised in it.
    """

    def __init__(
        self,
        *,
        poll: Callable[[], bool],
        on_change: Task,
        on_error: Callable[[Exception], object],
    ) -> None:
        self._poll = poll
        self._on_change = on_change
        self._on_error = on_error
        self._is_visible = True
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._long_tasks = ThreadPoolExecutor(_LONG_THREADS, "modelop-panel-long")
        self._thread = Thread(target=self._run, name="modelop-panel", daemon=True)

    def start(self) -> None:
        """Start the thread; it first runs the tasks that were submitted before."""
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs in the thread of tasks: what it changes in a widget is no user's event."""
        return threading.get_ident() == self._thread.ident

    def submit(self, task: Task) -> None:
        """Run a short task after those submitted before."""
        self._tasks.put(task)

    def submit_long(self, task: Task) -> None:
        """Run a long task at the same time as all others; ``on_change`` is called now and at its end."""

        def run() -> None:
            try:
                task()
            finally:
                self._tasks.put(_do_nothing)

        self._long_tasks.submit(run)
        self._tasks.put(_do_nothing)

    def set_visible(self, is_visible: bool) -> None:
        """Start polling, or stop it while no page shows the panel."""
        self._is_visible = is_visible
        self._tasks.put(_do_nothing)

    def close(self) -> bool:
        """End the threads after the tasks that are running.

        Returns whether the thread of short tasks has ended; it is not waited for without end.
        """
        self._tasks.put(None)
        self._long_tasks.shutdown(wait=False, cancel_futures=True)
        if self._thread.ident is not None:
            self._thread.join(_CLOSE_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        polled = time.monotonic()
        while True:
            pause = max(0.0, polled + _POLL_SECONDS - time.monotonic())
            try:
                task = self._tasks.get(timeout=pause if self._is_visible else None)
            except queue.Empty:
                polled = time.monotonic()
                self._attempt(self._poll_for_changes)
                continue
            if task is None:
                return
            self._attempt(task, self._on_change)

    def _poll_for_changes(self) -> None:
        if self._poll():
            self._on_change()

    def _attempt(self, *steps: Task) -> None:
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - the panel does not work without this thread
                self._on_error(error)


def _do_nothing() -> None:
    """A task after which the panel is only updated."""
