"""The addresses that records are sent to. They are ASGI applications: a framework's request costs time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from modelop_jupyter.deployments.access import Access
from modelop_jupyter.deployments.errors import (
    ClientGoneError,
    RequestError,
    SlotNotFoundError,
    StoppingError,
    TimeoutValueError,
)
from modelop_jupyter.deployments.json_lines import JSON_LINES, LineStream
from modelop_jupyter.deployments.load import LoadMeter
from modelop_jupyter.deployments.responses import (
    error_headers,
    media_type,
    read_body,
    respond,
)
from modelop_jupyter.deployments.scoring import Slots
from modelop_jupyter.deployments.served_model import RequestLimits, ServedModel

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_MILLI = 1000
_OK = 200


class ScoringEndpoint:
    """Answers a request with records, and counts it."""

    def __init__(
        self,
        served: Callable[[], ServedModel],
        meter: LoadMeter,
        access: Access,
    ) -> None:
        self._served, self._meter, self._access = served, meter, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begin = perf_counter()
        status, is_refused = _OK, False
        headers: list[tuple[bytes, bytes]] = []
        try:
            refusal = self._access.refusal(scope)
            if refusal is not None:
                raise refusal
            answer = await self._answer_or_stop(scope, receive, send)
        except ClientGoneError:
            return
        except RequestError as error:
            status, headers, is_refused = int(error.status), error_headers(error), error.is_refusal
            answer = self._error_body(error)
        self._meter.count_request(status, perf_counter() - begin, is_refused=is_refused)
        if answer is not None:
            await respond(send, status, answer, headers)

    async def _answer_or_stop(self, scope: Scope, receive: Receive, send: Send) -> bytes | None:
        served = self._served()
        try:
            # A model that is replaced meanwhile has its replicas until this request is answered.
            with served.scorer.replicas.in_use():
                return await self._answer(served, scope, receive, send)
        except asyncio.CancelledError:
            # The server cancels what is in progress when the time of its stop is over.
            raise StoppingError from None

    async def _answer(
        self, served: ServedModel, scope: Scope, receive: Receive, send: Send
    ) -> bytes | None:
        """Return the JSON text that answers a request; None where the answer is sent already."""
        names = scope.get("path_params")
        slots = _slots(names, served) if names else self._default_slots(served)
        seconds = seconds_of(scope["query_string"], served.limits)
        media = media_type(scope)
        if media in JSON_LINES:
            stream = LineStream(served.scorer, slots, seconds, served.limits.body)
            await stream.run(receive, send, media)
            return None
        body = await read_body(receive, served.limits.body)
        return await served.scorer.score_body(body, slots, seconds)

    @staticmethod
    def _default_slots(served: ServedModel) -> Slots:
        return Slots(min(served.inputs))

    def _error_body(self, error: RequestError) -> bytes:
        return error.to_json()


def seconds_of(query: bytes, limits: RequestLimits) -> float:
    if not query:
        return limits.seconds
    given = parse_qs(query.decode("latin-1")).get("timeout", [""])[-1]
    if not given:
        return limits.seconds
    try:
        seconds = int(given) / _MILLI
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= limits.most_seconds:
        raise TimeoutValueError(given, int(limits.most_seconds * _MILLI))
    return seconds


def _slots(names: dict[str, str], served: ServedModel) -> Slots:
    return Slots(
        _slot(names["input"], "input", served.inputs),
        _slot(names["output"], "output", served.outputs),
    )


def _slot(name: str, direction: str, known: Collection[int]) -> int:
    # A number of thousands of digits is none that Python reads.
    if not (name.isascii() and name.isdecimal() and len(name) < 10 and int(name) in known):
        raise SlotNotFoundError(name, direction, known)
    return int(name)
