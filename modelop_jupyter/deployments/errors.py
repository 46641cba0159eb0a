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
    """A request whose answer is not the model's.

    ``retry_after`` is in seconds. ``is_refusal`` says that no replica was asked for.
    """

    code = "request"
    status: int = HTTPStatus.BAD_REQUEST
    retry_after: int | None = None
    is_refusal: bool = True

    def to_json(self) -> bytes:
        """Return what a client gets; what is no UTF-8 in it is escaped."""
        return json.dumps(self.to_wire()).encode()


class BadRequestError(RequestError):
    """What a client has sent is no HTTP request."""

    code = "bad_request"

    @property
    def message(self) -> str:
        return "this is not an HTTP request that can be read"


class HeadersTooLargeError(RequestError):
    """Headers that are more, or larger, than the deployment takes."""

    code = "headers_too_large"
    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE

    def __init__(self, size: int, count: int) -> None:
        super().__init__(size, count)
        self.size, self.count = size, count

    @property
    def message(self) -> str:
        return f"the request has more than {self.count} headers or {self.size:,} bytes of them"


class SlowRequestError(RequestError):
    """A request that was not complete in time."""

    code = "slow_request"
    status = HTTPStatus.REQUEST_TIMEOUT

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    @property
    def message(self) -> str:
        return f"too little of the request has come within {self.seconds:g} s"


class TooManyConnectionsError(RequestError):
    """As many connections are open as may be."""

    code = "too_many_connections"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 1

    @property
    def message(self) -> str:
        return "too many connections to this deployment are open"

    @property
    def hint(self) -> str | None:
        return "Try again in a second"


class NoSuchPathError(RequestError):
    """A path that a deployment does not answer."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND

    def __init__(self, method: str, path: str) -> None:
        super().__init__(method, path)
        self.method, self.path = method, path

    @property
    def message(self) -> str:
        return f"there is no {self.path[:100]}"

    @property
    def hint(self) -> str | None:
        return "POST records to /score, or to /api/roundtrip/0/1"


class MethodError(RequestError):
    """A method that the path does not take; ``allowed`` are those it does, as the header has them."""

    code = "method"
    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, method: str, path: str, allowed: str) -> None:
        super().__init__(method, path, allowed)
        self.method, self.path, self.allowed = method, path, allowed

    @property
    def message(self) -> str:
        return f"{self.path[:100]} does not take {self.method}"

    @property
    def hint(self) -> str | None:
        return f"It takes {self.allowed}"


class TokenError(RequestError):
    """A request without the deployment's token."""

    code = "unauthorized"
    status = HTTPStatus.UNAUTHORIZED

    @property
    def message(self) -> str:
        return "the request does not have the token of this deployment"

    @property
    def hint(self) -> str | None:
        return "Send the header Authorization: Bearer TOKEN"


class HostError(RequestError):
    """A request whose Host is not this machine, at a deployment that only this machine may ask.

    A page of another site, whose name leads to 127.0.0.1, sends such ones.
    """

    code = "host"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host

    @property
    def message(self) -> str:
        return f"the request is for {self.host[:100]!r}, and only this machine may ask"

    @property
    def hint(self) -> str | None:
        return "Ask at localhost or 127.0.0.1, or deploy the model with another --host"


class CrossSiteError(RequestError):
    """A request that a browser sends for a page of another site."""

    code = "cross_site"
    status = HTTPStatus.FORBIDDEN

    @property
    def message(self) -> str:
        return "a page of another site may not send records here"


class TimeoutValueError(RequestError):
    """A timeout that is not a number of milliseconds up to ``most``."""

    code = "timeout_value"

    def __init__(self, given: str, most: int) -> None:
        super().__init__(given, most)
        self.given, self.most = given, most

    @property
    def message(self) -> str:
        return f"timeout={self.given[:100]} is not a number of milliseconds from 1 to {self.most}"


class EmptyBodyError(RequestError):
    """A request without a record."""

    code = "empty_body"

    @property
    def message(self) -> str:
        return "the body is empty"

    @property
    def hint(self) -> str | None:
        return "Send a record as JSON, or a JSON array of records"


class MediaTypeError(RequestError):
    """A body of a Content-Type that the address does not take."""

    code = "media_type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE

    def __init__(self, media: str) -> None:
        super().__init__(media)
        self.media = media

    @property
    def message(self) -> str:
        return f"records as {self.media[:100]} cannot be read"

    @property
    def hint(self) -> str | None:
        return "Send them as application/json or text/csv"


class LinesOfSetError(RequestError):
    """JSON lines for a model that takes record sets: it could not answer them line by line."""

    code = "lines_of_set"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE

    @property
    def message(self) -> str:
        return "this model takes record sets, and so no JSON lines"

    @property
    def hint(self) -> str | None:
        return "Send the records of a set as one JSON array"


class InvocationError(RequestError):
    """A body that is in none of the forms of an MLflow client; ``problem`` is the sentence."""

    code = "invocation"

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    @property
    def message(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return 'Send {"dataframe_records": [{"column": value, …}, …]}, or CSV'


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


class TooManyRecordsError(RequestError):
    """An array of more records than a deployment takes at once."""

    code = "too_many_records"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    @property
    def message(self) -> str:
        return f"the body has more than {self.limit:,} records"

    @property
    def hint(self) -> str | None:
        return "Send them as JSON lines: as many as you like"


class SlotNotFoundError(RequestError):
    """A slot that the model does not have; ``direction`` is input or output, ``known`` are those it has."""

    code = "slot_not_found"
    status = HTTPStatus.NOT_FOUND

    def __init__(self, slot: str, direction: str, known: Iterable[int]) -> None:
        super().__init__(slot, direction)
        self.slot, self.direction, self.known = slot, direction, tuple(sorted(known))

    @property
    def message(self) -> str:
        return f"the model has no {self.direction} slot {self.slot[:100]}"

    @property
    def hint(self) -> str | None:
        return f"It has {', '.join(map(str, self.known))}"


class RequestTimeoutError(RequestError):
    """A record that was not answered in its ``seconds``; ``was_begun`` where a replica had it."""

    code = "timeout"
    status = HTTPStatus.GATEWAY_TIMEOUT
    is_refusal = False

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


class ClientGoneError(RequestError):
    """A client that has closed its connection before it has sent all; nobody reads this answer."""

    code = "client_gone"

    @property
    def message(self) -> str:
        return "the connection was closed before the request was complete"


class ReplicaEndedError(RequestError):
    """The model's process ended in a record, with an exit code that is negative for a signal."""

    code = "process_ended"
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    is_refusal = False

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

    is_refusal = False

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
        self.is_refusal = all(error.is_refusal for _, error in errors) and len(errors) == count

    @property
    def message(self) -> str:
        bad = len(self.errors)
        return f"{bad} of {self.count} records {'was' if bad == 1 else 'were'} not scored"

    def to_wire(self) -> dict[str, Any]:
        """Return what other errors have, and ``errors`` with each record's index."""
        return {
            **super().to_wire(),
            "errors": [{"record": index, **error.to_wire()} for index, error in self.errors],
        }

    def to_json(self) -> bytes:
        """Return what a client gets: with ``outputs``, whose texts stay as they are."""
        return super().to_json()[:-1] + b', "outputs": [' + b",".join(self.outputs) + b"]}"
