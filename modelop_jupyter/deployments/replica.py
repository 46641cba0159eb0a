"""One replica: a runner process that has initialised the model, and the connection to it."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from modelop_jupyter.deployments.errors import ReplicaEndedError
from modelop_jupyter.deployments.frames import VARIABLE, Answer, AnswerReader, Ready, record_frame
from modelop_jupyter.engines import Handle
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.supervision.launch import launch

_STOP_SECONDS = 10.0  # the model's exit functions get five of them
_KILLED = -int(getattr(signal, "SIGKILL", signal.SIGTERM))


class Replica(asyncio.Protocol):
    """A runner process, started in a staged folder; it scores one record at a time.

    ``on_free`` is called when it has initialised the model and after each answer, ``on_end`` once
    its process has ended.
    """

    def __init__(
        self,
        folder: JobFolder,
        *,
        on_free: Callable[[Replica], object],
        on_end: Callable[[Replica], object],
    ) -> None:
        self.folder = folder
        self.pid: int | None = None
        self.code: int | None = None
        self._is_killed = False
        self._loop = asyncio.get_running_loop()
        self._on_free, self._on_end = on_free, on_end
        self._reader = AnswerReader()
        self._transport: asyncio.WriteTransport | None = None
        self._handle: Handle | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self._ending: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether it can be handed a record: the connection ends before the process does."""
        return self._transport is not None and not self._transport.is_closing()

    async def start(self, python: str, mark: str, warm: Path | None = None) -> None:
        """Start the process; ``ready`` is done when it has initialised the model, or has ended."""
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            launching = asyncio.ensure_future(
                asyncio.to_thread(
                    launch,
                    self.folder,
                    python,
                    mark,
                    warm=warm,
                    descriptors={VARIABLE: theirs.fileno()},
                )
            )
            try:
                self._handle = await asyncio.shield(launching)
            except asyncio.CancelledError:
                # The thread goes on all the same, and nobody else knows the process.
                handle = await launching
                await asyncio.to_thread(handle.kill, at_once=True)
                ours.close()
                raise
        self.pid = self._handle.pid
        await self._loop.create_connection(lambda: self, sock=ours)
        threading.Thread(target=self._wait, args=(self._handle,), daemon=True).start()

    def ask(self, slot: int, text: bytes, answer: asyncio.Future[Answer]) -> None:
        """Hand it a record, while :attr:`is_connected`.

        ``answer`` fails with :class:`ReplicaEndedError` if the process ends meanwhile.
        """
        assert self._transport is not None
        self._answer = answer
        self._transport.write(record_frame(slot, text))

    async def kill(self) -> None:
        """End the process and all that it has started, at once."""
        if self._handle is not None and self.code is None:
            self._is_killed = True
            await asyncio.to_thread(self._handle.kill, at_once=True)
            await self.ended

    async def stop(self) -> None:
        """Let the process end as a batch does, with the model's exit functions; kill it after 10 s."""
        if self._transport is not None:
            self._transport.close()
        try:
            await asyncio.wait_for(asyncio.shield(self.ended), _STOP_SECONDS)
        except asyncio.TimeoutError:
            await self.kill()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        # A model may close all descriptors: then nothing else would end the process.
        self._ending = asyncio.ensure_future(self.stop())

    def data_received(self, data: bytes) -> None:
        for message in self._reader.feed(data):
            if isinstance(message, Ready):
                if not self.ready.done():
                    self.ready.set_result(None)
                    self._on_free(self)
            else:
                answer, self._answer = self._answer, None
                # First, so that the next record is on its way before this answer is sent.
                self._on_free(self)
                if answer is not None and not answer.done():
                    answer.set_result(message)

    def _wait(self, handle: Handle) -> None:
        code: int | None = None
        while code is None:
            code = handle.wait(3600)
        # Whoever ends a tree of processes may take the exit code before this thread does.
        self._loop.call_soon_threadsafe(self._handle_end, _KILLED if self._is_killed else code)

    def _handle_end(self, code: int) -> None:
        self.code = code
        if self._transport is not None:
            self._transport.close()
        if not self.ready.done():
            self.ready.set_exception(ReplicaEndedError(code))
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ReplicaEndedError(code))
        self.ended.set_result(code)
        self._on_end(self)
