"""The threads of a panel: one that does things in their order and looks around, others for what is long."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

Work = Callable[[], object]

_LOOK_SECONDS = 0.25
_LONG_THREADS = 4


class Worker:
    """Does a panel's work away from the kernel's own thread. Close it.

    ``shown`` is called after each piece of work, and ``look`` four times a second while somebody
    looks: both in one and the same thread, so that they need not know of each other. ``failed`` is
    told what went wrong in it.
    """

    def __init__(
        self, *, look: Callable[[], bool], shown: Work, failed: Callable[[Exception], object]
    ) -> None:
        self._look = look
        self._shown = shown
        self._failed = failed
        self._is_watched = True
        self._tasks: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._long = ThreadPoolExecutor(_LONG_THREADS, "modelop-panel-long")
        self._thread = Thread(target=self._run, name="modelop-panel", daemon=True)

    def start(self) -> None:
        """Begin; what was asked for before is done first."""
        self._thread.start()

    def do(self, work: Work) -> None:
        """Do something after what was asked for before, and show what came of it."""
        self._tasks.put(work)

    def begin(self, work: Work) -> None:
        """Do something that takes its time beside everything else."""

        def done() -> None:
            try:
                work()
            finally:
                self._tasks.put(_nothing)

        self._long.submit(done)
        self._tasks.put(_nothing)

    def watch(self, is_watched: bool) -> None:
        """Say whether somebody looks: nobody is shown what changes by itself."""
        self._is_watched = is_watched
        self._tasks.put(_nothing)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        """End the threads; what they are at is done to its end."""
        self._tasks.put(None)
        self._long.shutdown(wait=False, cancel_futures=True)
        if self._thread.ident is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        looked = time.monotonic()
        while True:
            pause = max(0.0, looked + _LOOK_SECONDS - time.monotonic())
            try:
                work = self._tasks.get(timeout=pause if self._is_watched else None)
            except queue.Empty:
                looked = time.monotonic()
                self._attempt(self._look_around)
                continue
            if work is None:
                return
            self._attempt(work, self._shown)

    def _look_around(self) -> None:
        if self._look():
            self._shown()

    def _attempt(self, *steps: Work) -> None:
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - without this thread a panel would be dead
                self._failed(error)


def _nothing() -> None:
    """Only have the panel shown."""
