"""Why a deployment does not give a model's answer; each has the status of its HTTP response."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from modelop_jupyter.engines import describe_exit
from modelop_jupyter.errors import ModelOpError

_MODEL = "model"


class RequestError(ModelOpError):
    """A request whose answer is not the model's."""

    code = "request"
    status: int = HTTPStatus.BAD_REQUEST
    retry_after: int | None = None  # seconds


class NoSuchPathError(RequestError):
    """A path that a deployment does not answer."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND

    def __init__(self, method: str, path: str) -> None:
        super().__init__(method, path)
        self.method, self.path = method, path

    @property
    def message(self) -> str:
        return f"there is no {self.path}"

    @property
    def hint(self) -> str | None:
        return "POST records to /score, or to /api/roundtrip/0/1"


class MethodError(NoSuchPathError):
    """A method that the path does not take."""

    code = "method"
    status = HTTPStatus.METHOD_NOT_ALLOWED

    @property
    def message(self) -> str:
        return f"{self.path} does not take {self.method}"


class TimeoutValueError(RequestError):
    """A timeout that is not a number of milliseconds up to ``most``."""

    code = "timeout_value"

    def __init__(self, given: str, most: int) -> None:
        super().__init__(given, most)
        self.given, self.most = given, most

    @property
    def message(self) -> str:
        return f"timeout={self.given} is not a number of milliseconds from 1 to {self.most}"


class EmptyBodyError(RequestError):
    """A request without a record."""

    code = "empty_body"

    @property
    def message(self) -> str:
        return "the body is empty"

    @property
    def hint(self) -> str | None:
        return "Send a record as JSON, or a JSON array of records"


class BodyTooLargeError(RequestError):
    """A body, or a line of it, that is larger than the deployment takes; ``limit`` is in bytes."""

    code = "too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    @property
    def message(self) -> str:
        return f"the body is larger than {self.limit:,} bytes"

    @property
    def hint(self) -> str | None:
        return "Send fewer records at once, or send them as JSON lines"


class SlotNotFoundError(RequestError):
    """A slot that the model does not have; ``direction`` is input or output, ``known`` are those it has."""

    code = "slot_not_found"
    status = HTTPStatus.NOT_FOUND

    def __init__(self, slot: str, direction: str, known: Iterable[int]) -> None:
        super().__init__(slot, direction)
        self.slot, self.direction, self.known = slot, direction, tuple(sorted(known))

    @property
    def message(self) -> str:
        return f"the model has no {self.direction} slot {self.slot}"

    @property
    def hint(self) -> str | None:
        return f"It has {', '.join(map(str, self.known))}"


class RequestTimeoutError(RequestError):
    """A record that was not answered in its ``seconds``; ``was_begun`` where a replica had it."""

    code = "timeout"
    status = HTTPStatus.GATEWAY_TIMEOUT

    def __init__(self, seconds: float, *, was_begun: bool) -> None:
        super().__init__(seconds, was_begun)
        self.seconds, self.was_begun = seconds, was_begun

    @property
    def message(self) -> str:
        if self.was_begun:
            return f"the record was not answered within {self.seconds:g} s"
        return f"no replica was free within {self.seconds:g} s"

    @property
    def hint(self) -> str | None:
        return "Ask with a longer timeout" + ("" if self.was_begun else ", or later")


class QueueFullError(RequestError):
    """As many records wait for a replica as may."""

    code = "busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 1

    def __init__(self, waiting: int) -> None:
        super().__init__(waiting)
        self.waiting = waiting

    @property
    def message(self) -> str:
        return f"{self.waiting} records wait already, and no more may"

    @property
    def hint(self) -> str | None:
        return "Try again in a second, or deploy the model with more replicas"


class StoppingError(RequestError):
    """A record that comes when the deployment is being stopped."""

    code = "stopping"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    @property
    def message(self) -> str:
        return "the deployment is being stopped"


class ReplicaEndedError(RequestError):
    """The model's process ended in a record, with an exit code that is negative for a signal."""

    code = "process_ended"
    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code

    @property
    def message(self) -> str:
        return f"the model's process ended in this record ({describe_exit(self.exit_code)})"


class RecordProblemError(RequestError):
    """A record that was rejected or failed, by the rules of a batch (spec 2.4).

    ``stage`` is that of a line of ``errors.jsonl``; ``traceback`` has the model's own frames.
    ``is_failure`` is false for a record that was rejected.
    """

    def __init__(
        self, stage: str, message: str, exception: str | None, traceback: str | None
    ) -> None:
        super().__init__(message)
        self.stage, self.exception, self.traceback = stage, exception, traceback
        self.code = stage.replace(" ", "_")
        self.is_failure = stage == _MODEL
        self.status = (
            HTTPStatus.INTERNAL_SERVER_ERROR if self.is_failure else HTTPStatus.UNPROCESSABLE_ENTITY
        )

    @classmethod
    def of_line(cls, line: bytes) -> RecordProblemError:
        """Return the error of a line of ``errors.jsonl``."""
        found = json.loads(line)
        return cls(found["stage"], found["message"], found["exception"], found["traceback"])

    def to_wire(self) -> dict[str, Any]:
        """Return what other errors have, and ``stage``, ``exception`` and ``traceback``."""
        return {
            **super().to_wire(),
            "stage": self.stage,
            "exception": self.exception,
            "traceback": self.traceback,
        }


class RecordsError(RequestError):
    """Records of one request of which some were not scored; ``errors`` are pairs of index and error.

    ``outputs`` are those of the others, as texts of JSON, in the order of the records.
    """

    code = "records"

    def __init__(
        self, count: int, errors: Sequence[tuple[int, RequestError]], outputs: Sequence[bytes]
    ) -> None:
        super().__init__(count)
        self.count, self.errors, self.outputs = count, tuple(errors), tuple(outputs)
        first = errors[0][1]
        self.status, self.retry_after = first.status, first.retry_after

    @property
    def message(self) -> str:
        bad = len(self.errors)
        return f"{bad} of {self.count} records {'was' if bad == 1 else 'were'} not scored"

    def to_wire(self) -> dict[str, Any]:
        """Return what other errors have, and ``errors`` with each record's index, and ``outputs``."""
        return {
            **super().to_wire(),
            "errors": [{"record": index, **error.to_wire()} for index, error in self.errors],
            "outputs": [json.loads(output) for output in self.outputs],
        }
