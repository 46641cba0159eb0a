"""The HTTP server of a deployment: uvicorn, with bounds for what clients do."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_LAST_SECONDS = 1.0  # for clients to read their last answer
_PAUSE = 0.01
_LIBRARIES = (
    "starlette.applications",
    "starlette.routing",
    "uvicorn.protocols.http.httptools_impl",
)


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What a client may do. Times are in seconds, sizes in bytes.

    A request's line and headers must be there within ``header_time``. Of its body there must come
    ``body_rate`` bytes per second, looked at each ``body_time``; once records of it are answered, as
    those of JSON lines are, anything will do. A connection without a request is closed after
    ``idle_time``. More than ``connections`` get 503.
    """

    header_bytes: int = 1 << 16
    headers: int = 100
    header_time: float = 10.0
    body_time: float = 60.0
    body_rate: float = 500.0
    idle_time: int = 75
    connections: int = 500


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop that serves fastest, of those that are installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def load_libraries() -> None:
    """Import what serves HTTP: that takes a tenth of a second."""
    for name in _LIBRARIES:
        importlib.import_module(name)


class HttpServer:
    """Serves an application at a socket that is bound already."""

    def __init__(self, app: ASGIApp, limits: ServerLimits | None = None) -> None:
        self._app = app
        self._limits = limits or ServerLimits()
        self._server: Any = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def open_connections(self) -> int:
        """How many connections there are."""
        return 0 if self._server is None else len(self._server.server_state.connections)

    async def start(self, sock: socket.socket) -> None:
        """Return when connections are accepted."""
        import uvicorn

        from modelop_jupyter.deployments.bounded_http import bounded_protocol

        class Server(uvicorn.Server):
            """Says when it has started, and leaves signals alone."""

            ready = asyncio.Event()

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                self.ready.set()

            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield

        config = uvicorn.Config(
            self._app,
            http=bounded_protocol(self._limits),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=self._limits.idle_time,
        )
        self._server = server = Server(config)
        self._serving = asyncio.ensure_future(server.serve(sockets=[sock]))
        started = asyncio.ensure_future(server.ready.wait())
        await asyncio.wait({self._serving, started}, return_when=asyncio.FIRST_COMPLETED)
        if self._serving.done():
            started.cancel()
            self._serving.result()

    async def stop(self, seconds: float) -> None:
        """Accept nothing more, answer what is in progress within that time, and close the rest."""
        if self._serving is None:
            return
        self._server.config.timeout_graceful_shutdown = seconds
        self._server.should_exit = True
        await self._serving
        state = self._server.server_state
        if state.tasks:
            # They are cancelled: what they still answer is that the deployment is being stopped.
            await asyncio.wait(set(state.tasks), timeout=_LAST_SECONDS)
        for connection in list(state.connections):
            connection.transport.close()
        deadline = time.monotonic() + _LAST_SECONDS
        while state.connections and time.monotonic() < deadline:
            await asyncio.sleep(_PAUSE)
        for connection in list(state.connections):
            connection.transport.abort()
