"""Validate a request's path, query and body against the schemas of its operation."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from modelop_jupyter.domain.schema_sentences import Violation, sentence
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.server.errors import (
    MediaTypeError,
    RequestValidationError,
    TooDeepError,
    UnusableTextError,
)
from modelop_jupyter.server.rest.json_schema import Schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Resource

# Python's own limit is 1,000 calls, and every function that walks a value takes one or more a level.
MAX_DEPTH = 100
# Integers beyond it are not exact in a browser.
_MAX_SAFE_INTEGER = 2**53
# What clients say that do not look into a file.
_UNKNOWN_FILES = ("", "application/octet-stream")
# Jupyter Server reads these parameters of every request.
JUPYTER_PARAMETERS = frozenset({"token", "_xsrf", "no_track_activity"})


@dataclass(frozen=True, slots=True)
class _Validators:
    """The compiled schemas of one operation."""

    path: Any
    query: Any
    body: Any


@cache
def _validators(resource: Resource, operation: Operation) -> _Validators:
    parameters = resource.parameters
    return _Validators(
        path=Draft202012Validator(object_schema(tuple(parameters), **parameters)),
        query=Draft202012Validator(object_schema((), **operation.query)),
        body=Draft202012Validator(operation.body or {}),
    )


def validate_path(
    resource: Resource, operation: Operation, parameters: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the path parameters; raises :class:`RequestValidationError`."""
    _require_text(parameters)
    _validate(_validators(resource, operation).path, parameters)
    return parameters


def validate_query(
    resource: Resource, operation: Operation, arguments: Mapping[str, Sequence[bytes]]
) -> Mapping[str, Any]:
    """Return the query parameters, converted to their types and with defaults.

    Raises :class:`RequestValidationError`.
    """
    query: dict[str, Any] = {}
    for name, values in arguments.items():
        if _is_cache_buster(name, values):
            continue
        try:
            text = b"\n".join(values).decode()
        except UnicodeDecodeError:
            raise RequestValidationError(f"{name}: not UTF-8") from None
        if name in JUPYTER_PARAMETERS:
            continue
        if len(values) > 1:
            raise RequestValidationError(f"{name}: given {len(values)} times")
        query[name] = _convert(text, operation.query.get(name, {}))
    _require_text(query)
    _validate(_validators(resource, operation).query, query)
    defaults = {
        name: schema["default"] for name, schema in operation.query.items() if "default" in schema
    }
    return {**defaults, **query}


def validate_body(resource: Resource, operation: Operation, data: bytes, media_type: str) -> Any:
    """Return the parsed body, None for an operation without one, the bytes of an uploaded file.

    Raises :class:`RequestValidationError`, :class:`MediaTypeError`, :class:`TooDeepError` and
    :class:`UnusableTextError`.
    """
    if operation.upload is not None:
        if _essence(media_type) not in (operation.upload, *_UNKNOWN_FILES):
            raise MediaTypeError(f"a body of {media_type} is not taken", f"Send {operation.upload}")
        return data
    if operation.body is None:
        if data.strip() not in (b"", b"{}", b"null"):
            raise RequestValidationError("this method takes no body")
        return None
    if _essence(media_type) not in ("", "application/json"):
        raise MediaTypeError(f"a body of {media_type} is not taken", "Send application/json")
    try:
        body = json.loads(data, parse_constant=_refuse_constant, parse_float=_parse_number)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise RequestValidationError(f"the body is not JSON ({error})") from None
    _require_depth(body)
    _require_text(body, UnusableTextError)
    _validate(_validators(resource, operation).body, body)
    return body


def _essence(media_type: str) -> str:
    """Return a media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def _is_cache_buster(name: str, values: Sequence[bytes]) -> bool:
    """Say whether a parameter is the time that JupyterLab's client appends to bypass caches."""
    return name.isdigit() and list(values) == [b""]


def _convert(text: str, schema: Schema) -> Any:
    """Return a query value in the type of its schema; text that is no such value stays text."""
    kind = schema.get("type")
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "integer" and text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20:
        return int(text)
    return text


def _validate(validator: Any, value: Any) -> None:
    error = best_match(validator.iter_errors(value))
    if error is not None:
        violation = Violation(
            list(error.absolute_path),
            error.instance,
            error.validator,
            error.validator_value,
            error.schema,
        )
        raise RequestValidationError(sentence(violation, whole="the request"))


def _require_depth(value: Any) -> None:
    """Refuse a body so deep that functions that recurse into it would overflow the stack."""
    level = [value]
    for _ in range(MAX_DEPTH):
        next_level: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                next_level.extend(item.values())
            elif isinstance(item, list):
                next_level.extend(item)
        if not next_level:
            return
        level = next_level
    raise _too_deep()


def _too_deep() -> TooDeepError:
    return TooDeepError(
        f"the body is nested more than {MAX_DEPTH} levels deep", "Send a flatter one"
    )


def _require_text(value: Any, error: type[InvalidError] = RequestValidationError) -> None:
    """Refuse NUL and lone surrogates: valid JSON, but no file name or database can hold them."""
    try:
        data = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise error("the request holds characters that are not Unicode text") from None
    if b"\\u0000" in data:
        raise error("the request holds a NUL character")


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _parse_number(text: str) -> float:
    """Return a number as JavaScript reads it: 1.0 is the integer 1."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is larger than a number can be")
    return int(value) if value.is_integer() and abs(value) <= _MAX_SAFE_INTEGER else value
