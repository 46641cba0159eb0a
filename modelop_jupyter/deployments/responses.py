"""Bodies that come in and answers that go out, as ASGI has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from modelop_jupyter.deployments.errors import (
    BodyTooLargeError,
    ClientGoneError,
    MethodError,
    RequestError,
)

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

JSON = b"application/json"
Headers = Iterable[tuple[bytes, bytes]]


async def read_part(receive: Receive) -> tuple[bytes, bool]:
    """Return a part of the body, and whether there is more; raises :class:`ClientGoneError`."""
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGoneError
    return message.get("body", b""), message.get("more_body", False)


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the body of a request; raises :class:`BodyTooLargeError` as soon as it is too large."""
    part, has_more = await read_part(receive)
    parts = [part]
    size = len(part)
    while has_more and size <= limit:
        part, has_more = await read_part(receive)
        parts.append(part)
        size += len(part)
    if size > limit:
        raise BodyTooLargeError(limit)
    return b"".join(parts)


def media_type(scope: Scope) -> bytes:
    """Return the Content-Type without its parameters, in lower case; empty without one."""
    for name, value in scope["headers"]:
        if name == b"content-type":
            found: bytes = value.partition(b";")[0].strip().lower()
            return found
    return b""


async def respond(
    send: Send, status: int, body: bytes, headers: Headers = (), *, media: bytes = JSON
) -> None:
    """Send a whole answer."""
    all_headers = [(b"content-type", media), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})


async def respond_error(send: Send, error: RequestError) -> None:
    """Send why there is no other answer."""
    await respond(send, int(error.status), error.to_json(), error_headers(error))


def error_headers(error: RequestError) -> list[tuple[bytes, bytes]]:
    """Return the headers that belong to the status of an error."""
    headers = []
    if isinstance(error, MethodError):
        headers.append((b"allow", error.allowed.encode()))
    if error.retry_after is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after))
    if error.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="modelop"'))
    return headers
