"""uvicorn's HTTP protocol with bounds that it has no options for.

A client that sends too much, or too slowly, gets one sentence, and its connection is closed.
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from modelop_jupyter.deployments.errors import (
    BadRequestError,
    HeadersTooLargeError,
    RequestError,
    SlowRequestError,
    TooManyConnectionsError,
)
from modelop_jupyter.deployments.responses import error_headers, respond

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from modelop_jupyter.deployments.http_server import ServerLimits

_LINGER = 2.0  # seconds in which a client can read why it was refused, while it still sends
_SPARE_CONNECTIONS = 100  # get a sentence; others above the limit are just closed
_CONTINUE = b"HTTP/1.1 100 "
_CLOSE = (b"connection", b"close")


class _Phase(Enum):
    """What of a request is being read."""

    IDLE = auto()
    HEADERS = auto()
    BODY = auto()


class _HeaderError(Exception):
    """Ends the parsing of headers."""


class _JoiningTransport:
    """The transport of one answer: its headers go out with the first part of its body.

    uvicorn writes the two one after the other, and each costs a system call here and in the client.
    """

    __slots__ = ("_head", "_is_begun", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None
        self._is_begun = False

    def write(self, data: bytes) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.write(head + data)
        elif self._is_begun or data.startswith(_CONTINUE):
            self._transport.write(data)
        else:
            self._is_begun, self._head = True, data

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        if self._head is not None:
            self._transport.write(self._head)
        self._transport.close()


def bounded_protocol(limits: ServerLimits) -> type[asyncio.Protocol]:
    """Return the class of protocols with these limits."""
    from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

    class BoundedProtocol(HttpToolsProtocol):
        """Serves one connection."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._phase = _Phase.IDLE
            self._timer: asyncio.TimerHandle | None = None
            self._headers_left = self._header_bytes_left = 0
            self._unparsed = 0  # bytes since the last part of a body, or since the request began
            self._has_body = False  # what was received last
            self._body_bytes = 0  # since the timer was set
            self._answering = 0  # requests that are not answered yet
            self._is_refused = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connections = len(self.connections)
            if connections > limits.connections + _SPARE_CONNECTIONS:
                transport.abort()
            elif connections > limits.connections:
                self.app = _refuse_connection
            self._set_timer(limits.header_time, self._end_slow_headers)

        def connection_lost(self, exc: Exception | None) -> None:
            self._clear_timer()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._is_refused:
                return
            self._has_body = False
            super().data_received(data)
            if not (self._is_refused or self.transport.is_closing()):
                self._watch(len(data))

        def _watch(self, size: int) -> None:
            """Bound what may follow, after so many bytes more."""
            self._unparsed += size
            if self._phase is _Phase.IDLE:
                if self._answering:
                    self._clear_timer()
                elif self._timer is None and self.timeout_keep_alive_task is None:
                    self._set_timer(limits.header_time, self._end_slow_headers)
                return
            if self._has_body:
                self._unparsed = 0
            # Of the body these are trailers, or extensions of a chunk.
            if self._unparsed > limits.header_bytes:
                self._refuse(HeadersTooLargeError(limits.header_bytes, limits.headers))
            elif self._phase is _Phase.HEADERS:
                if self._timer is None:
                    self._set_timer(limits.header_time, self._end_slow_headers)
            else:
                self._body_bytes += size
                if self._timer is None:
                    self._watch_body()

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._phase = _Phase.HEADERS
            self._headers_left, self._header_bytes_left = limits.headers, limits.header_bytes
            self._unparsed = 0

        def on_header(self, name: bytes, value: bytes) -> None:
            self._headers_left -= 1
            self._header_bytes_left -= len(name) + len(value)
            if self._headers_left < 0 or self._header_bytes_left < 0:
                raise _HeaderError
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            self._clear_timer()
            super().on_headers_complete()
            # Its task has not begun. Headers that answer HEAD have no body to wait for.
            if self.scope["method"] != "HEAD":
                self.cycle.transport = _JoiningTransport(self.transport)  # type: ignore[assignment]
            self._phase = _Phase.BODY
            self._unparsed = 0
            self._answering += 1

        def on_body(self, body: bytes) -> None:
            self._has_body = True
            super().on_body(body)

        def on_message_complete(self) -> None:
            self._phase = _Phase.IDLE
            self._clear_timer()
            super().on_message_complete()

        def on_response_complete(self) -> None:
            self._answering -= 1
            super().on_response_complete()
            if self._phase is _Phase.BODY and self.cycle.response_complete:
                # What it still sends is not looked at; it may see the answer.
                self._clear_timer()
                self._set_timer(_LINGER, self.transport.close)

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it is uvicorn's sentence
            is_header = self._headers_left < 0 or self._header_bytes_left < 0
            self._refuse(
                HeadersTooLargeError(limits.header_bytes, limits.headers)
                if is_header
                else BadRequestError()
            )

        def _end_slow_headers(self) -> None:
            if self._answering:
                self._set_timer(limits.header_time, self._end_slow_headers)
            elif self._phase is _Phase.HEADERS:
                self._refuse(SlowRequestError(limits.header_time))
            else:
                self.transport.close()

        def _watch_body(self) -> None:
            self._body_bytes = 0
            self._set_timer(limits.body_time, self._look_at_body)

        def _look_at_body(self) -> None:
            is_stream = self.cycle.response_started
            least = 1.0 if is_stream else limits.body_time * limits.body_rate
            # A body that nobody reads, as records before it are scored first, is not the client's fault.
            if self.flow.read_paused or self._body_bytes >= least:
                self._watch_body()
            else:
                self._refuse(SlowRequestError(limits.body_time))

        def _refuse(self, error: RequestError) -> None:
            """Answer with an error where no other answer has begun, and close the connection."""
            self._is_refused = True
            self._clear_timer()
            self._unset_keepalive_if_required()
            is_reading_body = self._phase is _Phase.BODY
            if self._answering > is_reading_body or (
                is_reading_body and self.cycle.response_started
            ):
                self.transport.close()
                return
            if is_reading_body:
                # The application waits for the rest, and its answer would come after this one.
                self.cycle.disconnected = True
                self.cycle.message_event.set()
            self._write_error(error)
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self._set_timer(_LINGER, self.transport.close)

        def _write_error(self, error: RequestError) -> None:
            body = error.to_json()
            headers = [
                *self.server_state.default_headers,
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
                *error_headers(error),
                _CLOSE,
            ]
            lines = [name + b": " + value + b"\r\n" for name, value in headers]
            self.transport.write(STATUS_LINE[int(error.status)] + b"".join(lines) + b"\r\n" + body)

        def _set_timer(self, seconds: float, call: Any) -> None:
            self._timer = self.loop.call_later(seconds, self._run_timer, call)

        def _run_timer(self, call: Any) -> None:
            self._timer = None
            if not self.transport.is_closing():
                call()

        def _clear_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return BoundedProtocol


async def _refuse_connection(_scope: Scope, _receive: Receive, send: Send) -> None:
    error = TooManyConnectionsError()
    await respond(send, int(error.status), error.to_json(), [*error_headers(error), _CLOSE])
