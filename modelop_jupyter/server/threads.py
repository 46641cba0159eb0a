"""Threads for the work of requests, none of which can take the others' place or keep the server alive."""

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
# A thread that is busy for longer than that may be stuck: another one takes its turns.
STUCK_SECONDS = 10.0
_MOST_STUCK = 64


class Threads:
    """So many daemon threads at work at once, not counting those that seem to be stuck."""

    def __init__(self, name: str, count: int, *, stuck_seconds: float = STUCK_SECONDS) -> None:
        self._name, self._count, self._stuck_seconds = name, count, stuck_seconds
        # All that follows is looked at and changed only by who has this.
        self._changed = Condition()
        self._waiting: deque[tuple[Callable[[], Any], Any, asyncio.Future[Any]]] = deque()
        self._busy: dict[Thread, float] = {}
        self._idle = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Do work in a thread; raises :class:`ConflictError` where too many are stuck."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._changed:
            if len(self._busy) >= self._count + _MOST_STUCK:
                raise ConflictError("too many requests are under way", "Try again in a minute")
            self._waiting.append((work, loop, future))
        while True:
            self._serve()
            # Those at work now may be stuck by then, and nobody else looks.
            await asyncio.wait([future], timeout=self._stuck_seconds)
            if future.done():
                return future.result()

    def close(self, seconds: float) -> bool:
        """Begin nothing more, and wait a moment for what is under way; says whether all is done."""
        with self._changed:
            while self._waiting:
                *_, future = self._waiting.popleft()
                future.cancel()
            return self._changed.wait_for(lambda: not self._busy, seconds)

    def _serve(self) -> None:
        """Wake a thread for what waits, or start one if there may be one more."""
        with self._changed:
            now = time.monotonic()
            at_work = sum(1 for since in self._busy.values() if now - since < self._stuck_seconds)
            if self._idle < len(self._waiting) and at_work + self._idle < self._count:
                self._idle += 1
                Thread(target=self._work, name=self._name, daemon=True).start()
            self._changed.notify_all()

    def _work(self) -> None:
        me = current_thread()
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._waiting, _IDLE_SECONDS):
                    self._idle -= 1
                    return
                work, loop, future = self._waiting.popleft()
                self._idle -= 1
                self._busy[me] = time.monotonic()
            result: Any = None
            error: BaseException | None = None
            try:
                result = work()
            except BaseException as caught:  # noqa: BLE001 - whoever asked is told
                error = caught
            with self._changed:
                del self._busy[me]
                is_extra = len(self._busy) + self._idle >= self._count
                self._idle += not is_extra
                self._changed.notify_all()
            # A loop that has been closed asks for nothing any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_tell, future, result, error)
            del work, result, error, future
            if is_extra:
                return


def _tell(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
