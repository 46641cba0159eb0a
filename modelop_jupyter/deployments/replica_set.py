"""The replicas of one snapshot, and the records that wait for one of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from modelop_jupyter.deployments.errors import (
    QueueFullError,
    ReplicaEndedError,
    RequestTimeoutError,
    StoppingError,
)
from modelop_jupyter.deployments.frames import Answer
from modelop_jupyter.deployments.replica import Replica
from modelop_jupyter.jobs.supervision.runner_supervisor import is_sent_from_outside

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0
_CLOCK_SECONDS = 0.002  # by which a loop's timers may come too soon


@dataclass(slots=True, eq=False)
class _Record:
    """A record that waits for a replica, or that one is at work on."""

    slot: int
    text: bytes
    answer: asyncio.Future[Answer]
    seconds: float
    deadline: float


class ReplicaFactory(Protocol):
    """Stages a folder and starts a replica in it; it need not be ready yet."""

    async def __call__(
        self,
        number: int,
        *,
        on_free: Callable[[Replica], object],
        on_end: Callable[[Replica], object],
    ) -> Replica: ...


class ReplicaSet:
    """So many replicas of one snapshot; one that ends is replaced.

    ``queue`` is how many records may wait, ``on_restart`` is called with the exit code of a replica
    that has ended by itself.
    """

    def __init__(
        self,
        size: int,
        start: ReplicaFactory,
        *,
        queue: int,
        on_restart: Callable[[Replica], object],
    ) -> None:
        self._size = size
        self._start = start
        self._queue = queue
        self._on_restart = on_restart
        self._free: list[Replica] = []
        self._waiting: deque[_Record] = deque()
        self._begun: dict[Replica, _Record] = {}
        # One timer for the first deadline of all: one for each record costs a tenth of its time.
        self._timer: asyncio.TimerHandle | None = None
        self._replicas: set[Replica] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0
        self._busy = 0
        self._closing, self._drained = asyncio.Event(), asyncio.Event()
        self._is_draining = False
        self._loop = asyncio.get_running_loop()

    @property
    def replicas(self) -> tuple[Replica, ...]:
        """Those whose process runs."""
        return tuple(self._replicas)

    @property
    def waiting(self) -> int:
        """How many records wait for a replica."""
        return len(self._waiting)

    async def start(self, seconds: float) -> None:
        """Start all replicas; raises what the first that cannot be started raises, and ends the others.

        A model that is not initialised in that time raises :class:`TimeoutError`.
        """
        launches = [asyncio.ensure_future(self._launch()) for _ in range(self._size)]
        try:
            await asyncio.wait(launches)
            replicas = [launch.result() for launch in launches]
            ready = asyncio.gather(*(replica.ready for replica in replicas))
            await asyncio.wait_for(ready, seconds)
        except BaseException:
            for launch in launches:
                launch.cancel()
            await asyncio.gather(*launches, return_exceptions=True)
            await self.kill()
            raise

    async def ask(self, slot: int, text: bytes, seconds: float) -> Answer:
        """Return what a replica answers to a record, within so many seconds from now on.

        A record whose process was killed from outside has a second try, as in a batch. Raises
        :class:`QueueFullError`, :class:`RequestTimeoutError`, and :class:`ReplicaEndedError` where
        the process ended in this record.
        """
        record = _Record(
            slot, text, self._loop.create_future(), seconds, self._loop.time() + seconds
        )
        self._busy += 1
        try:
            try:
                return await self._ask(record)
            except ReplicaEndedError as error:
                if self._closing.is_set():
                    raise StoppingError from error
                if not is_sent_from_outside(error.exit_code):
                    raise
                record.answer = self._loop.create_future()
                return await self._ask(record)
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):
                self._waiting.remove(record)
            raise
        finally:
            self._end_use()

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the replicas from being drained, as for the records of a request that are still to come."""
        self._busy += 1
        try:
            yield
        finally:
            self._end_use()

    def _end_use(self) -> None:
        self._busy -= 1
        if self._is_draining and not self._busy:
            self._drained.set()

    async def drain(self, seconds: float | None) -> None:
        """Wait until every record is answered, then end the replicas; None waits for ever."""
        self._is_draining = True
        if self._busy:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._drained.wait(), seconds)
        self._closing.set()
        await asyncio.gather(*(replica.stop() for replica in self.replicas))
        await self.kill()

    async def kill(self) -> None:
        """End all replicas at once; records that have no answer yet get :class:`StoppingError`."""
        self._closing.set()
        while self._waiting:
            record = self._waiting.popleft()
            if not record.answer.done():
                record.answer.set_exception(StoppingError())
        while self._replicas or self._tasks:
            await asyncio.gather(*(replica.kill() for replica in self.replicas))
            if self._tasks:
                await asyncio.wait(self._tasks)

    def _ask(self, record: _Record) -> asyncio.Future[Answer]:
        # One whose process is about to end may still be among them.
        while self._free and not self._free[-1].is_connected:
            self._free.pop()
        if self._free:
            self._begin(self._free.pop(), record)
        elif self._closing.is_set():
            raise StoppingError
        elif len(self._waiting) >= self._queue:
            raise QueueFullError(len(self._waiting))
        else:
            self._waiting.append(record)
        timer = self._timer
        if timer is None or record.deadline < timer.when():
            self._set_timer(record.deadline)
        return record.answer

    def _begin(self, replica: Replica, record: _Record) -> None:
        self._begun[replica] = record
        replica.ask(record.slot, record.text, record.answer)

    def _set_timer(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._end_late)

    def _end_late(self) -> None:
        """End what has no answer in its time: records that wait, and replicas that are at work on one."""
        self._timer = None
        now = self._loop.time() + _CLOCK_SECONDS
        for record in [one for one in self._waiting if one.deadline <= now]:
            self._waiting.remove(record)
            if not record.answer.done():
                error = RequestTimeoutError(record.seconds, was_begun=False)
                record.answer.set_exception(error)
        for replica, record in list(self._begun.items()):
            if record.deadline <= now:
                # Also where nobody waits for it any more: it must come to its end.
                del self._begun[replica]
                if not record.answer.done():
                    error = RequestTimeoutError(record.seconds, was_begun=True)
                    record.answer.set_exception(error)
                self._run(replica.kill())
        deadlines = [one.deadline for one in (*self._waiting, *self._begun.values())]
        if deadlines:
            self._set_timer(min(deadlines))

    def _handle_free(self, replica: Replica) -> None:
        while self._waiting:
            record = self._waiting.popleft()
            if not record.answer.done():
                self._begin(replica, record)
                return
        self._begun.pop(replica, None)
        self._free.append(replica)

    async def _launch(self) -> Replica:
        self._number += 1
        replica = await self._start(
            self._number, on_free=self._handle_free, on_end=self._handle_end
        )
        self._replicas.add(replica)
        return replica

    def _handle_end(self, replica: Replica) -> None:
        self._replicas.discard(replica)
        self._begun.pop(replica, None)
        if replica in self._free:
            self._free.remove(replica)
        was_ready = not replica.ready.cancelled() and replica.ready.exception() is None
        if was_ready and not self._closing.is_set():
            self._on_restart(replica)
            self._run(self._replace())

    async def _replace(self) -> None:
        """Start another replica; one that cannot be started is tried again, ever later."""
        pause = _FIRST_PAUSE
        while not self._closing.is_set():
            replica = await self._launch()
            if self._closing.is_set():
                await replica.kill()
                return
            try:
                await replica.ready
            except ReplicaEndedError:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return

    def _run(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
