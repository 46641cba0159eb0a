"""Answer one request: validate it, run its endpoint, encode the response. Knows nothing of Tornado."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.errors import HomeError, ModelOpError
from modelop_jupyter.server.context import ServerContext
from modelop_jupyter.server.errors import TooDeepError, TooLargeError, status_of
from modelop_jupyter.server.rest.resource import FileResponse, Operation, Request, Resource
from modelop_jupyter.server.rest.validation import validate_body, validate_path, validate_query
from modelop_jupyter.server.translations import translations_for

MAX_BODY_BYTES = 32 * 1024 * 1024
# It is held in memory, as Jupyter Server gives it.
MAX_UPLOAD_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request before validation, as Tornado parsed it; ``language`` is its Accept-Language."""

    path: Mapping[str, str]
    query: Mapping[str, Sequence[bytes]]
    body: bytes
    media_type: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """The status and either a JSON body or a file."""

    status: int
    body: bytes = b""
    file: FileResponse | None = None


def dispatch(
    resource: Resource, operation: Operation, raw: RawRequest, context: ServerContext
) -> Response:
    """Return the response to a request. It blocks: call it in a thread.

    Errors of this package become error responses; any other exception is raised.
    """
    try:
        request = _validated(resource, operation, raw, context)
        if operation.depends_on:
            # The operation itself is part of the key: two of them may have the same parameters.
            key = (operation, *sorted(request.path.items()), *sorted(request.query.items()))
            body = context.response_cache.get(
                key, operation.depends_on, lambda: encode(operation.endpoint(request))
            )
            return Response(operation.status, body)
        value = operation.endpoint(request)
        if isinstance(value, FileResponse):
            return Response(operation.status, file=value)
        return Response(operation.status, encode(value))
    except ModelOpError as error:
        return _error_response(error, raw)
    except RecursionError:
        # Not the body, whose depth was checked: a source, a notebook, a result of a model.
        return _error_response(
            TooDeepError("the request is nested too deeply", "Make it flatter"), raw
        )
    except OSError as error:
        # A full disk or a removed folder: no fault of the request.
        reason = (error.strerror or str(error)).lower()
        return _error_response(HomeError(error.filename or str(context.root.folder), reason), raw)


def _validated(
    resource: Resource, operation: Operation, raw: RawRequest, context: ServerContext
) -> Request:
    if operation.upload is None and len(raw.body) > MAX_BODY_BYTES:
        raise TooLargeError(
            f"the body is longer than {MAX_BODY_BYTES >> 20} MB",
            "Register the saved notebook or the file by its path",
        )
    if len(raw.body) > MAX_UPLOAD_BYTES:
        raise TooLargeError(
            f"the file is longer than {MAX_UPLOAD_BYTES >> 20} MB",
            "Upload it with the file browser, and name its path",
        )
    return Request(
        context,
        validate_path(resource, operation, raw.path),
        validate_query(resource, operation, raw.query),
        validate_body(resource, operation, raw.body, raw.media_type),
    )


def _error_response(error: ModelOpError, raw: RawRequest) -> Response:
    wire = error.to_wire()
    translations = translations_for(raw.language)
    return Response(
        status_of(error), encode(wire if translations is None else translations.error(wire))
    )


def encode(value: Any) -> bytes:
    """Return a value as JSON in UTF-8; NaN and infinity become null, which browsers can read."""
    wire = to_wire(value)
    try:
        text = json.dumps(wire, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_without_nan(wire), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return value
