"""From the body of a request to the answers of its records."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import perf_counter

from modelop_jupyter.deployments.bodies import elements, is_array
from modelop_jupyter.deployments.errors import (
    EmptyBodyError,
    RecordProblemError,
    RecordsError,
    RequestError,
    TooManyRecordsError,
)
from modelop_jupyter.deployments.replica_set import ReplicaSet

MOST_RECORDS = 100_000  # of an array: they are in memory, and so are their outputs
_REJECTED_OF_SET = "input schema"  # the stage of records of a set that harm no other
_LONG = 1 << 18  # bytes of a body that takes milliseconds to be cut
_AT_ONCE = 2  # records of one request for each replica: one is scored, one waits

_Outputs = tuple[tuple[int, bytes], ...]


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

    ``on_answer`` is called once for each record, before its client has the answer. Of an input slot in
    ``set_slots``, all records of a request are scored in one call, and count as one record, whose text
    is the array.
    """

    def __init__(
        self,
        replicas: ReplicaSet,
        size: int,
        on_answer: Callable[[AnsweredRecord], object],
        set_slots: Collection[int] = (),
    ) -> None:
        self.set_slots = frozenset(set_slots)
        self.replicas = replicas
        self.at_once = size * _AT_ONCE
        self._on_answer = on_answer

    async def score_body(self, body: bytes, slots: Slots, seconds: float) -> bytes:
        """Return the JSON text that answers a body: of one record, or of an array of them.

        One record with one output gives that output, anything else an array of outputs. ``seconds``
        are for each record. Raises :class:`RequestError`; the outputs of the good records of an array
        are in the error.
        """
        if not body.strip():
            raise EmptyBodyError
        if slots.input in self.set_slots:
            outputs = await self.score(body, slots, seconds)
            return array_of(outputs) if is_array(body) else answer_of(outputs)
        if len(body) > _LONG:
            # Other requests are answered meanwhile.
            records = await asyncio.to_thread(_records, body)
        else:
            records = _records(body)
        if records is None:
            return answer_of(await self.score(body, slots, seconds))
        return array_of(await self.score_all(records, slots, seconds))

    async def score(self, text: bytes, slots: Slots, seconds: float) -> list[bytes]:
        """Return the outputs of one record as texts of JSON; raises :class:`RequestError`."""
        outputs: _Outputs = ()
        error: RequestError | None = None
        begin = perf_counter()
        try:
            answer = await self.replicas.ask(slots.input, text, seconds)
        except RequestError as refusal:
            error = refusal
        else:
            outputs = answer.outputs
            if answer.problem is not None:
                error = self._error_of(answer.problem, slots, text, outputs)
        self._on_answer(AnsweredRecord(slots.input, text, outputs, error, perf_counter() - begin))
        if error is not None:
            raise error
        return _lines(outputs, slots)

    def _error_of(
        self, problem: bytes, slots: Slots, text: bytes, outputs: _Outputs
    ) -> RequestError:
        lines = problem.splitlines()
        errors = [(json.loads(line)["index"], RecordProblemError.of_line(line)) for line in lines]
        is_whole = slots.input not in self.set_slots or not is_array(text)
        if is_whole or errors[-1][1].stage != _REJECTED_OF_SET:
            return errors[-1][1]
        return RecordsError(sum(1 for _ in elements(text)), errors, _lines(outputs, slots))

    async def score_all(
        self, records: Collection[bytes], slots: Slots, seconds: float
    ) -> list[bytes]:
        """Return the outputs of all records; raises :class:`RecordsError` if some have none."""
        if slots.input in self.set_slots:
            return await self.score(array_of(records), slots, seconds)
        answers: list[list[bytes] | RequestError] = [[]] * len(records)
        rest = enumerate(records)

        async def score_some() -> None:
            for index, text in rest:
                try:
                    answers[index] = await self.score(text, slots, seconds)
                except RequestError as error:
                    answers[index] = error

        # Not all at once: other requests find a place between these.
        await asyncio.gather(*(score_some() for _ in range(min(self.at_once, len(records)))))
        errors = [
            (index, answer)
            for index, answer in enumerate(answers)
            if isinstance(answer, RequestError)
        ]
        outputs = [line for answer in answers if isinstance(answer, list) for line in answer]
        if errors:
            raise RecordsError(len(records), errors, outputs)
        return outputs


def _lines(outputs: _Outputs, slots: Slots) -> list[bytes]:
    return [
        line
        for slot, lines in outputs
        if slots.output in (None, slot)
        for line in lines.splitlines()
    ]


def _records(body: bytes) -> list[bytes] | None:
    """Return the records of an array; None for one record, and for what the model's process refuses."""
    if not is_array(body):
        return None
    try:
        records = list(itertools.islice(elements(body), MOST_RECORDS + 1))
    except (ValueError, RecursionError):
        return None
    if len(records) > MOST_RECORDS:
        raise TooManyRecordsError(MOST_RECORDS)
    return records


def answer_of(outputs: Collection[bytes]) -> bytes:
    """Return what answers one record: its output, or an array of all if it has not just one."""
    return next(iter(outputs)) if len(outputs) == 1 else array_of(outputs)


def array_of(outputs: Collection[bytes]) -> bytes:
    """Return the JSON array of outputs."""
    return b"[" + b",".join(outputs) + b"]"
