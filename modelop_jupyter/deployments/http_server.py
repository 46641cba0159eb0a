"""The HTTP server of a deployment."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette


class HttpServer:
    """Serves an application on a socket, with uvicorn."""

    def __init__(self, app: Starlette) -> None:
        import uvicorn

        config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Answer from now on."""
        self._task = asyncio.ensure_future(self._server._serve([listener]))
        while not self._server.started:
            await asyncio.sleep(0.001)

    async def stop(self, seconds: float) -> None:
        """Take nothing new, and wait so long for what is being answered."""
        self._server.should_exit = True
        if self._task is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._task, seconds)
