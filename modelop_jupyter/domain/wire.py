"""Values as JSON and back: fields by name, enums by value, times as ISO 8601 in UTC."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import datetime, timezone
from enum import Enum
from functools import cache
from pathlib import PurePath
from typing import Any, TypeVar

T = TypeVar("T")


def to_wire(value: Any) -> Any:
    """Return a value as what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_wire(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        utc = value.astimezone(timezone.utc).isoformat(timespec="microseconds")
        return utc.replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): to_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_wire(item) for item in value]
    if isinstance(value, PurePath):
        return str(value)
    return value


def from_wire(kind: type[T], data: Any) -> T:
    """Return the value of a type that :func:`to_wire` made this of; unknown fields are passed over."""
    return typing.cast("T", _build(kind, data))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: Any, data: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        inner = next(each for each in arguments if each is not types.NoneType)
        return None if data is None else _build(inner, data)
    if origin is tuple:
        return tuple(_build(arguments[0], item) for item in data)
    if not isinstance(kind, type) or origin is not None:
        return data
    if dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        names = [f.name for f in dataclasses.fields(kind) if f.name in data]
        return kind(**{name: _build(hints[name], data[name]) for name in names})
    if issubclass(kind, Enum):
        return kind(data)
    if issubclass(kind, datetime):
        return datetime.fromisoformat(data.replace("Z", "+00:00"))
    return data
