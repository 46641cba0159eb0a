"""A pool of daemon threads in which a stuck call neither blocks later calls nor the process's exit."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Condition, Thread, current_thread
from typing import Any, TypeVar

from modelop_jupyter.errors import ConflictError

T = TypeVar("T")

_IDLE_SECONDS = 30.0
# A call that takes longer may be stuck, as on a dead network disk: its thread counts no longer.
STUCK_SECONDS = 10.0
_MAX_STUCK = 64


class ThreadPool:
    """At most ``count`` threads at work, not counting those whose call seems stuck.

    ``concurrent.futures`` would join stuck threads at exit, and count them as busy for ever.
    """

    def __init__(self, name: str, count: int, *, stuck_seconds: float = STUCK_SECONDS) -> None:
        self._name, self._count, self._stuck_seconds = name, count, stuck_seconds
        # Its lock guards all attributes below.
        self._changed = Condition()
        self._queue: deque[tuple[Callable[[], Any], Any, asyncio.Future[Any]]] = deque()
        self._busy: dict[Thread, float] = {}
        self._idle = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Call a function in a thread and return its result, or raise its exception.

        Raises :class:`ConflictError` where too many threads are stuck.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._changed:
            if len(self._busy) >= self._count + _MAX_STUCK:
                raise ConflictError(
                    "the server is busy with too many requests", "Try again in a minute"
                )
            self._queue.append((work, loop, future))
        try:
            while True:
                self._assign_thread()
                # After that time the busy threads may count as stuck, and one more may start.
                await asyncio.wait([future], timeout=self._stuck_seconds)
                if future.done():
                    return future.result()
        finally:
            # asyncio would log the error of a call that nobody waits for any more.
            if not future.cancel() and not future.cancelled():
                future.exception()

    def close(self, seconds: float) -> bool:
        """Cancel what is queued, wait so long for running calls, and say whether all have ended."""
        with self._changed:
            while self._queue:
                *_, future = self._queue.popleft()
                future.cancel()
            return self._changed.wait_for(lambda: not self._busy, seconds)

    def _assign_thread(self) -> None:
        """Wake an idle thread for the queue, or start one if the limit allows it."""
        with self._changed:
            if self._idle < len(self._queue) and self._unstuck() < self._count:
                self._idle += 1
                Thread(target=self._work, name=self._name, daemon=True).start()
            self._changed.notify_all()

    def _unstuck(self) -> int:
        """Return how many threads are idle, or at work and not stuck."""
        now = time.monotonic()
        at_work = sum(1 for since in self._busy.values() if now - since < self._stuck_seconds)
        return at_work + self._idle

    def _work(self) -> None:
        """Run queued calls until there is none for a while, or one thread too many."""
        me = current_thread()
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._queue, _IDLE_SECONDS):
                    self._idle -= 1
                    return
                work, loop, future = self._queue.popleft()
                self._idle -= 1
                self._busy[me] = time.monotonic()
            result: Any = None
            error: BaseException | None = None
            try:
                result = work()
            except BaseException as caught:  # noqa: BLE001 - raised again by the caller's future
                error = caught
            with self._changed:
                del self._busy[me]
                is_surplus = self._unstuck() >= self._count
                self._idle += not is_surplus
                self._changed.notify_all()
            # A closed loop takes no result any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve, future, result, error)
            del work, result, error, future
            if is_surplus:
                return


def _resolve(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
