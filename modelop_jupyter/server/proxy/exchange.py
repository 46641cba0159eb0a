"""One request to a server process and its response, whose bodies flow at the same time.

A deployment answers JSON lines while they are still being sent. The clients of Tornado and httpx read
nothing before they have sent all: both sides would wait for each other as soon as the buffers between
them are full. So this uses the connection of which Tornado's client is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import StreamClosedError
from tornado.tcpclient import TCPClient

_CONNECT_SECONDS = 10.0
# A body flows through and is never held, so that it may have any size.
ANY_SIZE = 2**63 - 1


class Receiver(Protocol):
    """Gets a response as it comes; the next part is read when this one was taken."""

    def begin(self, status: int, headers: HTTPHeaders) -> None: ...

    def receive(self, chunk: bytes) -> Awaitable[object]: ...


class Exchange:
    """A request that is being sent, and the response that is being read."""

    def __init__(self, connection: HTTP1Connection, receiver: Receiver) -> None:
        self._connection = connection
        self._response = _Response(receiver)
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def begin(
        cls, url: str, method: str, target: str, *, headers: HTTPHeaders, receiver: Receiver
    ) -> Exchange:
        """Connect to a server, and send what stands before the body; raises :class:`OSError`."""
        address = urlsplit(url)
        connecting = TCPClient().connect(address.hostname or "", address.port or 80)
        try:
            stream = await asyncio.wait_for(connecting, _CONNECT_SECONDS)
        except asyncio.TimeoutError:
            raise TimeoutError(f"{url} does not answer") from None
        stream.set_nodelay(True)
        parameters = HTTP1ConnectionParameters(no_keep_alive=True, max_body_size=ANY_SIZE)
        connection = HTTP1Connection(stream, is_client=True, params=parameters)
        try:
            await connection.write_headers(RequestStartLine(method, target, ""), headers)
        except BaseException:
            stream.close()
            raise
        return cls(connection, receiver)

    async def write(self, chunk: bytes) -> None:
        """Send a part of the body, and return when there is room for the next one.

        Where the server takes no more, it has answered already, or it is gone.
        """
        with suppress(StreamClosedError):
            await self._connection.write(chunk)

    async def finish(self) -> bool:
        """Send the end of the body, wait for that of the response, and say whether it is all there."""
        self._connection.finish()
        await self._reading
        self.close()
        return self._response.is_complete

    def close(self) -> None:
        """Close the connection: a server notices that nobody waits for its response."""
        self._connection.close()

    async def _read(self) -> None:
        # Whoever goes away has not sent, or does not take, the end of the response.
        with suppress(StreamClosedError):
            await self._connection.read_response(self._response)


class _Response(HTTPMessageDelegate):
    """Hands a response on as it is read."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self.is_complete = False

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> None:
        # One below 200 announces another one.
        if isinstance(start_line, ResponseStartLine) and start_line.code >= HTTPStatus.OK:
            self._receiver.begin(start_line.code, headers)

    async def data_received(self, chunk: bytes) -> None:
        # Whoever does not take it any more closes the exchange.
        with suppress(StreamClosedError):
            await self._receiver.receive(chunk)

    def finish(self) -> None:
        self.is_complete = True
