"""Errors as a browser gets them: a status by one table, and the body ``{code, message, hint}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from modelop_jupyter.errors import (
    ConflictError,
    DamagedJobError,
    EnvironmentBuildError,
    HomeError,
    InvalidError,
    JobFailedError,
    KernelError,
    MissingExtraError,
    ModelOpError,
    NotFoundError,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The body of every answer that is none: what ``to_wire`` makes of an error."""

    code: str
    message: str
    hint: str | None


class RequestError(InvalidError):
    """A request that does not have the form that the OpenAPI document asks for."""

    code = "request"


class UnusableTextError(InvalidError):
    """A request of the right form with a text that neither a file name nor a database can hold."""

    code = "text"


class TooDeepError(InvalidError):
    """A body, or an answer, that is nested deeper than this server takes."""

    code = "too_deep"


class TooLargeError(InvalidError):
    """A request, or a file to be shown, that is larger than this server takes."""

    code = "too_large"


class MediaTypeError(InvalidError):
    """A body that is not said to be JSON."""

    code = "media_type"


class OutsideError(InvalidError):
    """A path that leads out of the folder that the server may show."""

    code = "outside"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path!r} is not below the folder that this server shows",
            "Choose a file in the file browser",
        )


STATUS: Mapping[type[ModelOpError], int] = {
    RequestError: HTTPStatus.BAD_REQUEST,
    OutsideError: HTTPStatus.FORBIDDEN,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    MediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    EnvironmentBuildError: HTTPStatus.UNPROCESSABLE_ENTITY,
    KernelError: HTTPStatus.UNPROCESSABLE_ENTITY,
    JobFailedError: HTTPStatus.CONFLICT,
    DamagedJobError: HTTPStatus.CONFLICT,
    MissingExtraError: HTTPStatus.NOT_IMPLEMENTED,
    HomeError: HTTPStatus.SERVICE_UNAVAILABLE,
    ModelOpError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(error: ModelOpError) -> int:
    """Return the status of an error: that of its nearest ancestor in the table."""
    return next(int(STATUS[kind]) for kind in type(error).__mro__ if kind in STATUS)
