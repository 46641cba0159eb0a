"""The HTTP interface of a deployment, as an ASGI application (spec 9.2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelop_jupyter.deployments.errors import (
    BodyTooLargeError,
    MethodError,
    NoSuchPathError,
    RequestError,
    SlotNotFoundError,
    TimeoutValueError,
)
from modelop_jupyter.deployments.scoring import Scorer, Slots

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

_JSON = b"application/json"
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What answers requests at the moment: a snapshot, and the slots that it has."""

    ref: str
    scorer: Scorer
    inputs: frozenset[int] = frozenset({0})
    outputs: frozenset[int] = frozenset({1})


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What a request may be: ``seconds`` for a record unless it asks for others, ``body`` in bytes."""

    seconds: float = 5.0
    most_seconds: float = 3600.0
    body: int = 32_000_000


def application(served: Callable[[], ServedModel], limits: RequestLimits) -> Starlette:
    """Return the application; ``served`` is asked for each request, so that the model can be replaced."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    score = _Score(served, limits)
    return Starlette(
        routes=[
            Route("/score", score, methods=["POST"]),
            Route("/api/roundtrip/{input}/{output}", score, methods=["POST"]),
            Route("/1/health", _Health(served), methods=["GET"]),
        ],
        exception_handlers={404: _not_found, 405: _not_allowed},
    )


async def _not_found(request: Request, _error: Exception) -> Response:
    return _response_of(NoSuchPathError(request.method, request.url.path))


async def _not_allowed(request: Request, _error: Exception) -> Response:
    return _response_of(MethodError(request.method, request.url.path))


def _response_of(error: RequestError) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse(error.to_wire(), int(error.status))


class _Score:
    """Scores what is POSTed. It is an application of its own, as a framework's request costs time."""

    def __init__(self, served: Callable[[], ServedModel], limits: RequestLimits) -> None:
        self._served = served
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        served = self._served()
        try:
            slots = _slots(scope["path_params"], served)
            seconds = self._seconds(scope["query_string"])
            body = await _body(receive, self._limits.body)
            answer = await served.scorer.score_body(body, slots, seconds)
        except RequestError as error:
            await _respond_error(send, error)
        else:
            await _respond(send, 200, answer)

    def _seconds(self, query: bytes) -> float:
        if not query:
            return self._limits.seconds
        from urllib.parse import parse_qs

        given = parse_qs(query.decode("latin-1")).get("timeout", [""])[-1]
        if not given:
            return self._limits.seconds
        try:
            seconds = int(given) / _MILLI
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= self._limits.most_seconds:
            raise TimeoutValueError(given, int(self._limits.most_seconds * _MILLI))
        return seconds


class _Health:
    """Says that the model is initialised, and which it is."""

    def __init__(self, served: Callable[[], ServedModel]) -> None:
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the signature of ASGI
        served = self._served()
        replicas = served.scorer.replicas
        document = {"status": "UP", "model": served.ref, "replicas": len(replicas.replicas)}
        await _respond(send, 200, json.dumps(document).encode())


def _slots(names: dict[str, Any], served: ServedModel) -> Slots:
    if not names:
        return Slots(min(served.inputs))
    return Slots(
        _slot(names["input"], "input", served.inputs),
        _slot(names["output"], "output", served.outputs),
    )


def _slot(name: str, direction: str, known: Collection[int]) -> int:
    if not (name.isascii() and name.isdecimal() and int(name) in known):
        raise SlotNotFoundError(name, direction, known)
    return int(name)


async def _body(receive: Receive, limit: int) -> bytes:
    """Return the body of a request; raises :class:`BodyTooLargeError` as soon as it is too large."""
    message = await receive()
    body: bytes = message.get("body", b"")
    parts = [body]
    size = len(body)
    while message.get("more_body") and size <= limit:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > limit:
        raise BodyTooLargeError(limit)
    return b"".join(parts)


async def _respond_error(send: Send, error: RequestError) -> None:
    headers = [] if error.retry_after is None else [(b"retry-after", b"%d" % error.retry_after)]
    await _respond(send, int(error.status), json.dumps(error.to_wire()).encode(), headers)


async def _respond(
    send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    all_headers = [(b"content-type", _JSON), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})
