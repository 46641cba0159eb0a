"""Records as JSON lines: each is answered by one line, while others still come in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from modelop_jupyter.deployments.errors import BodyTooLargeError, RequestError, StoppingError
from modelop_jupyter.deployments.responses import read_part
from modelop_jupyter.deployments.scoring import Scorer, Slots, answer_of
from modelop_jupyter.deployments.spool import Spool

if TYPE_CHECKING:
    from starlette.types import Receive, Send

JSON_LINES = frozenset({b"application/jsonlines", b"application/x-ndjson", b"application/jsonl"})
_BOM = b"\xef\xbb\xbf"


class LineStream:
    """Scores the lines of a body, and sends a line for each of them, in their order.

    A record without an answer has a line with its ``error``. ``limit`` is how many bytes a line may
    have, ``seconds`` are for each record.
    """

    def __init__(self, scorer: Scorer, slots: Slots, seconds: float, limit: int) -> None:
        self._scorer, self._slots = scorer, slots
        self._seconds, self._limit = seconds, limit
        self._has_begun = False
        self._places = asyncio.Semaphore(scorer.at_once)
        self._records: asyncio.Queue[asyncio.Task[bytes] | None] = asyncio.Queue()

    async def run(self, receive: Receive, send: Send, media: bytes) -> None:
        """Answer a body; raises :class:`ClientGoneError` for a client that does not send all of it.

        Raises :class:`StoppingError` where it is cancelled before an answer has begun.
        """
        try:
            await self._run(receive, send, media)
        except asyncio.CancelledError:
            # The server cancels what is in progress when the time of its stop is over.
            error = StoppingError()
            if not self._has_begun:
                raise error from None
            line = json.dumps({"error": error.to_wire()}).encode() + b"\n"
            await send({"type": "http.response.body", "body": line})

    async def _run(self, receive: Receive, send: Send, media: bytes) -> None:
        with Spool() as spool:
            # Each waits for something else: what comes in, the replicas, and what the client reads.
            tasks = [
                asyncio.ensure_future(self._read(receive, spool)),
                asyncio.ensure_future(self._collect(spool)),
                asyncio.ensure_future(self._send(spool, send, media)),
            ]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                while not self._records.empty():
                    record = self._records.get_nowait()
                    if record is not None:
                        record.cancel()

    async def _read(self, receive: Receive, spool: Spool) -> None:
        index = 0
        async for line in _lines(receive, self._limit):
            await self._places.acquire()
            self._records.put_nowait(asyncio.ensure_future(self._answer(index, line)))
            index += 1
        spool.end_input()
        self._records.put_nowait(None)

    async def _answer(self, index: int, line: bytes | None) -> bytes:
        try:
            if line is None:
                raise BodyTooLargeError(self._limit)
            return answer_of(await self._scorer.score(line, self._slots, self._seconds)) + b"\n"
        except RequestError as error:
            problem = {"error": {"record": index, **error.to_wire()}}
            return json.dumps(problem).encode() + b"\n"

    async def _collect(self, spool: Spool) -> None:
        while (record := await self._records.get()) is not None:
            line = await record
            self._places.release()
            await spool.put(line)
        spool.close()

    async def _send(self, spool: Spool, send: Send, media: bytes) -> None:
        part = await spool.get()
        self._has_begun = True
        headers = [(b"content-type", media)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while part:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            part = await spool.get()
        await send({"type": "http.response.body", "body": b""})


async def _lines(receive: Receive, limit: int) -> AsyncIterator[bytes | None]:
    """Yield the lines of a body that are not blank, and None for one above the limit."""
    rest = bytearray()
    is_first, has_more = True, True
    while has_more:
        data, has_more = await read_part(receive)
        ends = data.split(b"\n")
        for end in ends[:-1]:
            line = _line_of(rest, end, limit)
            if is_first:
                line, is_first = line and line.removeprefix(_BOM), False
            if line is None or line.strip():
                yield line
        # Of a line that is too long, no more is kept than shows that.
        rest += ends[-1][: limit + 1 - len(rest)]
    line = _line_of(rest, b"", limit)
    if is_first and line:
        line = line.removeprefix(_BOM)
    if line is None or line.strip():
        yield line


def _line_of(rest: bytearray, end: bytes, limit: int) -> bytes | None:
    """Return the line whose first part is ``rest``, which is emptied."""
    size = len(rest) + len(end)
    line = bytes(rest) + end if rest else end
    rest.clear()
    return line if size <= limit else None
