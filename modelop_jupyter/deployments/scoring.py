"""From the body of a request to the answers of its records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import perf_counter

from modelop_jupyter.deployments.bodies import elements, is_array
from modelop_jupyter.deployments.errors import (
    EmptyBodyError,
    RecordProblemError,
    RecordsError,
    RequestError,
)
from modelop_jupyter.deployments.replica_set import ReplicaSet

_AT_ONCE = 2  # records of one request for each replica: one is scored, one waits


@dataclass(frozen=True, slots=True)
class Slots:
    """Where a request's records go to, and of which output slot the answer is.

    ``output`` is None for those of all slots, as a batch with one output has them.
    """

    input: int = 0
    output: int | None = None


@dataclass(frozen=True, slots=True)
class AnsweredRecord:
    """A record of a request, and what it got within ``seconds``.

    ``outputs`` are pairs of a slot and lines of JSON; a record with an ``error`` may have some, too,
    as in a batch. A record that no replica was asked for has an error as well.
    """

    slot: int
    text: bytes
    outputs: tuple[tuple[int, bytes], ...]
    error: RequestError | None
    seconds: float


class Scorer:
    """Scores the records of requests with the replicas of one snapshot.

    ``on_answer`` is called once for each record, before its client has the answer.
    """

    def __init__(
        self, replicas: ReplicaSet, size: int, on_answer: Callable[[AnsweredRecord], object]
    ) -> None:
        self.replicas = replicas
        self._at_once = size * _AT_ONCE
        self._on_answer = on_answer

    async def score_body(self, body: bytes, slots: Slots, seconds: float) -> bytes:
        """Return the JSON text that answers a body: of one record, or of an array of them.

        One record with one output gives that output, anything else an array of outputs. ``seconds``
        are for each record. Raises :class:`RequestError`; the outputs of the good records of an array
        are in the error.
        """
        if not body.strip():
            raise EmptyBodyError
        records = _records(body)
        if records is not None:
            return _array(await self._score_all(records, slots, seconds))
        outputs = await self.score(body, slots, seconds)
        return outputs[0] if len(outputs) == 1 else _array(outputs)

    async def score(self, text: bytes, slots: Slots, seconds: float) -> list[bytes]:
        """Return the outputs of one record as texts of JSON; raises :class:`RequestError`."""
        outputs: tuple[tuple[int, bytes], ...] = ()
        error: RequestError | None = None
        begin = perf_counter()
        try:
            answer = await self.replicas.ask(slots.input, text, seconds)
        except RequestError as refusal:
            error = refusal
        else:
            outputs = answer.outputs
            if answer.problem is not None:
                error = RecordProblemError.of_line(answer.problem)
        self._on_answer(AnsweredRecord(slots.input, text, outputs, error, perf_counter() - begin))
        if error is not None:
            raise error
        return [
            line
            for slot, lines in outputs
            if slots.output in (None, slot)
            for line in lines.splitlines()
        ]

    async def _score_all(
        self, records: Collection[bytes], slots: Slots, seconds: float
    ) -> list[bytes]:
        # Other requests find a place between these.
        places = asyncio.Semaphore(self._at_once)

        async def score(text: bytes) -> list[bytes] | RequestError:
            async with places:
                try:
                    return await self.score(text, slots, seconds)
                except RequestError as error:
                    return error

        answers = await asyncio.gather(*map(score, records))
        errors = [
            (index, answer)
            for index, answer in enumerate(answers)
            if isinstance(answer, RequestError)
        ]
        outputs = [line for answer in answers if isinstance(answer, list) for line in answer]
        if errors:
            raise RecordsError(len(records), errors, outputs)
        return outputs


def _records(body: bytes) -> list[bytes] | None:
    """Return the records of an array; None for one record, and for what the model's process refuses."""
    if not is_array(body):
        return None
    try:
        return list(elements(body))
    except (ValueError, RecursionError):
        return None


def _array(texts: Collection[bytes]) -> bytes:
    return b"[" + b",".join(texts) + b"]"
