"""The errors of the REST API, the status of every error, and the body of an error response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import ClassVar

from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.errors import (
    ConflictError,
    DamagedJobError,
    DeploymentDownError,
    DeploymentFailedError,
    EngineError,
    EnvironmentBuildError,
    HomeError,
    InvalidError,
    JobFailedError,
    KernelError,
    MissingExtraError,
    ModelOpError,
    NotFoundError,
    ObjectChangedError,
    ObjectNotFoundError,
    SchedulerError,
    StorageError,
)
from modelop_jupyter.remedies import Remedy


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The body of every error response, as ``ModelOpError.to_wire`` makes it."""

    SCHEMA_NAME: ClassVar[str] = "Refusal"

    code: str
    message: str
    hint: str | None
    remedies: tuple[Remedy, ...] = field(default=(), metadata=OPTIONAL)


class RequestValidationError(InvalidError):
    """The path, query or body does not match the schema in the OpenAPI document."""

    code = "request"


class UnusableTextError(InvalidError):
    """A valid body holds a text that neither a file name nor a database can hold."""

    code = "text"


class TooDeepError(InvalidError):
    """The body or the response is nested more deeply than the server takes."""

    code = "too_deep"


class TooLargeError(InvalidError):
    """The request, or the file to be shown, is larger than the server takes."""

    code = "too_large"


class MediaTypeError(InvalidError):
    """The Content-Type of the body is not the one that is taken, which is JSON but for files."""

    code = "media_type"


class OutsideRootError(InvalidError):
    """The path leads out of the server's root folder, or to a hidden file."""

    code = "outside"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path!r} is not below the folder that this server shows",
            "Choose a file in the file browser",
        )


STATUS: Mapping[type[ModelOpError], int] = {
    RequestValidationError: HTTPStatus.BAD_REQUEST,
    OutsideRootError: HTTPStatus.FORBIDDEN,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    MediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    EnvironmentBuildError: HTTPStatus.UNPROCESSABLE_ENTITY,
    KernelError: HTTPStatus.UNPROCESSABLE_ENTITY,
    JobFailedError: HTTPStatus.CONFLICT,
    DamagedJobError: HTTPStatus.CONFLICT,
    DeploymentFailedError: HTTPStatus.CONFLICT,
    DeploymentDownError: HTTPStatus.SERVICE_UNAVAILABLE,
    EngineError: HTTPStatus.CONFLICT,
    SchedulerError: HTTPStatus.CONFLICT,
    MissingExtraError: HTTPStatus.NOT_IMPLEMENTED,
    HomeError: HTTPStatus.SERVICE_UNAVAILABLE,
    ObjectNotFoundError: HTTPStatus.NOT_FOUND,
    ObjectChangedError: HTTPStatus.CONFLICT,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    ModelOpError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(error: ModelOpError) -> int:
    """Return the HTTP status of an error: that of its nearest base class in ``STATUS``."""
    return next(int(STATUS[cls]) for cls in type(error).__mro__ if cls in STATUS)
