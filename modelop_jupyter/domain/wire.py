"""Values as JSON and back: fields by name, enums by value, times as ISO 8601 in UTC."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from enum import Enum
from functools import cache
from pathlib import PurePath
from typing import Any, TypeVar

T = TypeVar("T")

_PLAIN = frozenset({str, int, float, bool, type(None)})


def to_wire(value: Any) -> Any:
    """Return a value as what JSON can hold."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if (names := names_of(kind)) is not None:
        return {name: to_wire(getattr(value, name)) for name in names}
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


@cache
def names_of(kind: Any) -> tuple[str, ...] | None:
    """Return what :func:`to_wire` tells of a dataclass, None for any other type: lists ask it of each value.

    Its fields, and its ``WIRE_PROPERTIES``: those are no other language's to work out again, and
    :func:`from_wire` passes them over.
    """
    if not dataclasses.is_dataclass(kind):
        return None
    fields = tuple(field.name for field in dataclasses.fields(kind))
    return (*fields, *getattr(kind, "WIRE_PROPERTIES", ()))


def from_wire(kind: type[T], data: Any) -> T:
    """Return the value of a type that :func:`to_wire` made this of; unknown fields are passed over."""
    return typing.cast("T", _build(kind, data))


def mismatch(kind: Any, data: Any, where: str = "it") -> str | None:
    """Return where JSON is not what :func:`to_wire` makes of a type, None where it is."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        said = [mismatch(each, data, where) for each in arguments]
        return None if None in said else _other(where)
    if origin is tuple:
        if not isinstance(data, list):
            return _other(where)
        return _first(mismatch(arguments[0], item, f"{where}[{n}]") for n, item in enumerate(data))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return None if isinstance(data, dict) else _other(where)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _mismatch_of_fields(kind, data, where)
    if not isinstance(kind, type) or origin is not None:
        return None
    return None if _fits(kind, data) else _other(where)


def _mismatch_of_fields(kind: type, data: Any, where: str) -> str | None:
    if not isinstance(data, dict):
        return _other(where)
    hints = _hints(kind)
    prefix = "" if where == "it" else f"{where}."
    for field in dataclasses.fields(kind):
        if field.name in data:
            said = mismatch(hints[field.name], data[field.name], f"{prefix}{field.name}")
        else:
            has_default = (field.default, field.default_factory) != (dataclasses.MISSING,) * 2
            said = None if has_default else f"{prefix}{field.name} is missing"
        if said is not None:
            return said
    return None


def _fits(kind: type, data: Any) -> bool:
    """Say whether JSON can be a value of a plain type."""
    if issubclass(kind, Enum):
        return data in [each.value for each in kind]
    if issubclass(kind, datetime):
        return _is_time(data)
    if kind is float:
        return isinstance(data, (int, float)) and not isinstance(data, bool)
    if kind is int:
        return isinstance(data, int) and not isinstance(data, bool)
    return (
        not isinstance(data, (dict, list))
        and (data is not None or kind is type(None))
        and (kind not in (str, bool, type(None)) or isinstance(data, kind))
    )


def _is_time(data: Any) -> bool:
    try:
        return bool(datetime.fromisoformat(data.replace("Z", "+00:00")))
    except (AttributeError, TypeError, ValueError):
        return False


def _first(found: Iterable[str | None]) -> str | None:
    return next((said for said in found if said is not None), None)


def _other(where: str) -> str:
    return f"{where} is something else"


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
