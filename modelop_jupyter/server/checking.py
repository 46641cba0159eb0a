"""Whether a request is what its resource declares: path, query and body, each by its schema."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from modelop_jupyter.errors import InvalidError
from modelop_jupyter.server.declarations import Operation, Resource, Schema
from modelop_jupyter.server.problems import (
    MediaTypeError,
    RequestError,
    TooDeepError,
    UnusableTextError,
)
from modelop_jupyter.server.words import record

_LONGEST_MESSAGE = 300
_EXACT = 2**53
# Python's own limit is 1,000 calls, of which every reader of a value takes one or more a level.
DEEPEST = 100

# What Jupyter itself reads of a query: it is not ours to refuse.
_JUPYTERS = frozenset({"token", "_xsrf", "no_track_activity"})


@cache
def _validators(resource: Resource, operation: Operation) -> tuple[Any, Any, Any]:
    path = record(tuple(resource.parameters), **resource.parameters)
    query = record(
        tuple(name for name, schema in operation.query.items() if schema.get("required")),
        **{name: _bare(schema) for name, schema in operation.query.items()},
    )
    return (
        Draft202012Validator(path),
        Draft202012Validator(query),
        Draft202012Validator(operation.body or {}),
    )


def _bare(schema: Schema) -> dict[str, Any]:
    """Return a parameter's schema without the mark that it must be given."""
    return {key: value for key, value in schema.items() if key != "required"}


def checked_path(
    resource: Resource, operation: Operation, given: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the parameters of the path; raises :class:`RequestError`."""
    _require_text(given)
    _require(_validators(resource, operation)[0], given)
    return given


def checked_query(
    resource: Resource, operation: Operation, given: Mapping[str, Sequence[bytes]]
) -> Mapping[str, Any]:
    """Return the query's values in their own types, with the defaults; raises :class:`RequestError`."""
    found: dict[str, Any] = {}
    for name, values in given.items():
        if _is_cache_buster(name, values):
            continue
        try:
            text = b"\n".join(values).decode()
        except UnicodeDecodeError:
            raise RequestError(f"{name}: not UTF-8") from None
        if name in _JUPYTERS:
            continue
        if len(values) > 1:
            raise RequestError(f"{name}: given {len(values)} times")
        found[name] = _value(text, operation.query.get(name, {}))
    _require_text(found)
    _require(_validators(resource, operation)[1], found)
    defaults = {
        name: schema["default"] for name, schema in operation.query.items() if "default" in schema
    }
    return {**defaults, **found}


def checked_body(resource: Resource, operation: Operation, data: bytes, media_type: str) -> Any:
    """Return the body; raises :class:`RequestError` and :class:`MediaTypeError`."""
    if operation.body is None:
        if data.strip() not in (b"", b"{}", b"null"):
            raise RequestError("this method takes no body")
        return None
    if media_type.partition(";")[0].strip().lower() not in ("", "application/json"):
        raise MediaTypeError(f"a body of {media_type} is not taken", "Send application/json")
    try:
        body = json.loads(data, parse_constant=_no_constant, parse_float=_number)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise RequestError(f"the body is not JSON ({error})") from None
    _require_flat(body)
    _require_text(body, UnusableTextError)
    _require(_validators(resource, operation)[2], body)
    return body


def _is_cache_buster(name: str, values: Sequence[bytes]) -> bool:
    """Tell the time that JupyterLab's client appends to an address so that no cache answers it."""
    return name.isdigit() and list(values) == [b""]


def _value(text: str, schema: Schema) -> Any:
    kind = schema.get("type")
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "integer" and text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20:
        return int(text)
    return text


def _require(validator: Any, value: Any) -> None:
    error = best_match(validator.iter_errors(value))
    if error is not None:
        place = ".".join(str(part) for part in error.absolute_path)
        message = error.message
        if len(message) > _LONGEST_MESSAGE:
            message = message[:_LONGEST_MESSAGE] + "…"
        raise RequestError(f"{place}: {message}" if place else message)


def _require_flat(value: Any) -> None:
    """Refuse what is nested so deeply that whoever goes through it might not come back."""
    level = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                inner.extend(each.values())
            elif isinstance(each, list):
                inner.extend(each)
        if not inner:
            return
        level = inner
    raise _too_deep()


def _too_deep() -> TooDeepError:
    return TooDeepError(f"the body is nested more than {DEEPEST} levels deep", "Send a flatter one")


def _require_text(value: Any, refusal: type[InvalidError] = RequestError) -> None:
    """Refuse what JSON can hold and neither a file name nor a database: NUL, half a surrogate pair."""
    try:
        data = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise refusal("the request holds characters that are not Unicode text") from None
    if b"\\u0000" in data:
        raise refusal("the request holds a NUL character")


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _number(text: str) -> float:
    """Return a number as a browser writes it, which knows no difference between 1.0 and 1."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is larger than a number can be")
    return int(value) if value.is_integer() and abs(value) <= _EXACT else value
