"""A server that says what it was sent, and does what a deployment would not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from tests.ports import free_port
from tests.waiting import PATIENCE, wait_until


async def _echo(request: Request) -> Response:
    return JSONResponse(
        {
            "path": request.scope["raw_path"].decode(),
            "query": request.url.query,
            "method": request.method,
            "headers": dict(request.headers),
            "body": (await request.body()).decode(),
        }
    )


class _Stream:
    """Sends each part of a body back as it comes; a response of starlette's would take some itself."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/jsonl")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        message: Message = {"more_body": True}
        while message["more_body"]:
            message = await receive()
            await send({**message, "type": "http.response.body"})


async def _cut(request: Request) -> Response:
    # What is not read when a connection is closed takes with it what was written.
    await request.body()

    async def chunks() -> AsyncIterator[bytes]:
        yield b"a part"
        # A connection that is closed at once takes the part with it now and then.
        await asyncio.to_thread(request.app.state.may_break.wait, PATIENCE)
        raise ConnectionError

    return StreamingResponse(chunks())


async def _wait(request: Request) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"a part"
            await asyncio.Event().wait()
        finally:
            request.app.state.are_gone.set()

    return StreamingResponse(chunks())


async def _page(_request: Request) -> Response:
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Content-Security-Policy": "default-src *",
        "Location": "https://example.org/",
        "Set-Cookie": "_xsrf=mine; path=/",
    }
    return HTMLResponse("<script>1</script>", headers=headers)


@dataclass(frozen=True)
class EchoServer:
    """Its URL, what is set when somebody has not waited for the end of ``/wait``, and what ends ``/cut``."""

    url: str
    are_gone: threading.Event
    may_break: threading.Event


@contextmanager
def echo_server(port: int | None = None) -> Iterator[EchoServer]:
    """Run the server in a thread."""
    port = port or free_port()
    app = Starlette(
        routes=[
            Route("/stream", _Stream(), methods=["POST"]),
            Route("/cut", _cut, methods=["POST"]),
            Route("/wait", _wait, methods=["POST"]),
            Route("/page", _page),
            Route("/{path:path}", _echo, methods=["GET", "POST"]),
        ]
    )
    app.state.are_gone, app.state.may_break = threading.Event(), threading.Event()
    config = uvicorn.Config(app, port=port, log_config=None, lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield EchoServer(f"http://127.0.0.1:{port}", app.state.are_gone, app.state.may_break)
    server.should_exit = True
    thread.join()
