"""Dataclasses as JSON and back: fields by name, enums by value, times as ISO 8601 in UTC.

``field(metadata=...)`` changes the form of one field:

- ``REST``: a mapping of the keys that are no field of the class; they stand beside the fields.
- ``OPTIONAL``: the key is left out where the value is None or an empty tuple, or an empty
  mapping if that is the default.
- ``named(key)``: the key has another name than the field.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from enum import Enum
from functools import cache
from pathlib import PurePath
from typing import Any, TypeVar

T = TypeVar("T")
Check = Callable[[Any, str], str | None]
Build = Callable[[Any], Any]

REST: Mapping[str, Any] = {"wire": "rest"}
OPTIONAL: Mapping[str, Any] = {"wire": "optional"}

_PLAIN = frozenset({str, int, float, bool, type(None)})
# ``Any`` is a class from Python 3.11 on.
_FREE = (Any, object)


def named(key: str) -> Mapping[str, Any]:
    """Return the metadata of a field whose key in JSON has another name."""
    return {"key": key}


def to_wire(value: Any) -> Any:
    """Return a value as what JSON can hold."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if (names := names_of(kind)) is not None:
        if (form := _special_form(kind)) is not None:
            return form.as_json(value)
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
    """Return which attributes of a dataclass :func:`to_wire` writes, None for any other type.

    They are its fields and its ``WIRE_PROPERTIES``, which :func:`from_wire` passes over: they are
    there for readers in other languages.
    """
    if not dataclasses.is_dataclass(kind):
        return None
    fields = tuple(field.name for field in dataclasses.fields(kind))
    return (*fields, *getattr(kind, "WIRE_PROPERTIES", ()))


def is_optional(kind: Any, name: str) -> bool:
    """Say whether :func:`to_wire` leaves a field of a dataclass out where it is None or empty."""
    fields = dataclasses.fields(kind)
    return any(field.name == name and field.metadata == OPTIONAL for field in fields)


@cache
def is_open(kind: Any) -> bool:
    """Say whether a dataclass takes any key: one of its fields is a ``REST``."""
    return dataclasses.is_dataclass(kind) and _rest_of(kind) is not None


def from_wire(kind: type[T], data: Any) -> T:
    """Return the value of a type that :func:`to_wire` made this of; nothing is checked.

    Keys that are no field are passed over, unless the class has a ``REST``.
    """
    build = _builder(typing.cast("Any", kind))
    return typing.cast("T", data if build is None else build(data))


def mismatch(kind: Any, data: Any) -> str | None:
    """Return where JSON is not what :func:`to_wire` makes of a type, None where it is."""
    check = _checker(kind)
    return None if check is None else check(data, "it")


@dataclasses.dataclass(frozen=True)
class _Form:
    """How a dataclass is written of which a field has a form of its own."""

    keys: tuple[tuple[str, str], ...]
    optional: Mapping[str, Any]
    rest: str | None

    def as_json(self, value: Any) -> dict[str, Any]:
        result = {key: to_wire(getattr(value, name)) for name, key in self.keys}
        for key, empty in self.optional.items():
            if result[key] is None or result[key] == empty:
                del result[key]
        if self.rest is not None:
            result.update(to_wire(getattr(value, self.rest)))
        return result


@cache
def _special_form(kind: Any) -> _Form | None:
    fields = dataclasses.fields(kind)
    if not any(field.metadata for field in fields):
        return None
    rest = _rest_of(kind)
    keys = [(field.name, _key_of(field)) for field in fields if field.name != rest]
    keys += [(name, name) for name in getattr(kind, "WIRE_PROPERTIES", ())]
    optional: dict[str, Any] = {
        _key_of(field): {} if field.default_factory is dict else []
        for field in fields
        if field.metadata.get("wire") == "optional"
    }
    return _Form(tuple(keys), optional, rest)


@cache
def _hints_of(kind: Any) -> dict[str, Any]:
    """Return the types of a class's fields; to evaluate them takes longer than to read a value."""
    return typing.get_type_hints(kind)


def _rest_of(kind: Any) -> str | None:
    rests = (field.name for field in dataclasses.fields(kind) if field.metadata == REST)
    return next(rests, None)


def _key_of(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("key", field.name))


@cache
def _checker(kind: Any) -> Check | None:
    """Return what says where JSON does not fit a type; None where everything fits."""
    if kind in _FREE:
        return None
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _checker_of_union([_checker(argument) for argument in arguments])
    if origin is tuple:
        return _checker_of_list(_checker(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _checker_of_mapping(_checker(arguments[1]))
    if not isinstance(kind, type) or origin is not None:
        return None
    if dataclasses.is_dataclass(kind):
        return _checker_of_fields(kind)
    fits = _test_of(kind)
    return lambda data, where: None if fits(data) else _other(where)


def _checker_of_union(checks: list[Check | None]) -> Check:
    def check(data: Any, where: str) -> str | None:
        for inner in checks:
            if inner is None or inner(data, where) is None:
                return None
        return _other(where)

    return check


def _checker_of_list(inner: Check | None) -> Check:
    def check(data: Any, where: str) -> str | None:
        if not isinstance(data, list):
            return _other(where)
        for number, item in enumerate(data if inner is not None else ()):
            if inner is not None and (reason := inner(item, f"{where}[{number}]")) is not None:
                return reason
        return None

    return check


def _checker_of_mapping(inner: Check | None) -> Check:
    def check(data: Any, where: str) -> str | None:
        if not isinstance(data, dict):
            return _other(where)
        for key, item in data.items() if inner is not None else ():
            if inner is not None and (reason := inner(item, f"{where}.{key}")) is not None:
                return reason
        return None

    return check


def _checker_of_fields(kind: type) -> Check:
    def check(data: Any, where: str) -> str | None:
        if not isinstance(data, dict):
            return _other(where)
        prefix = "" if where == "it" else f"{where}."
        for key, inner, has_default in _checkers_of_fields(kind):
            if key not in data:
                if not has_default:
                    return f"{prefix}{key} is missing"
            elif inner is not None and (reason := inner(data[key], prefix + key)) is not None:
                return reason
        return None

    return check


@cache
def _checkers_of_fields(kind: type) -> list[tuple[str, Check | None, bool]]:
    """Return key, check and whether there is a default of each field.

    Asked for with the first value: a dataclass may have fields of its own type.
    """
    hints, rest = _hints_of(kind), _rest_of(kind)
    return [
        (_key_of(field), _checker(hints[field.name]), _has_default(field))
        for field in dataclasses.fields(kind)
        if field.name != rest
    ]


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return (field.default, field.default_factory) != (dataclasses.MISSING,) * 2


def _test_of(kind: type) -> Callable[[Any], bool]:
    """Return what says whether JSON can be a value of a plain type."""
    if issubclass(kind, Enum):
        values = [member.value for member in kind]
        return lambda data: data in values
    if issubclass(kind, datetime):
        return _is_time
    if kind is float:
        return lambda data: isinstance(data, (int, float)) and not isinstance(data, bool)
    if kind is int:
        return lambda data: isinstance(data, int) and not isinstance(data, bool)
    if kind in (str, bool, type(None)):
        return lambda data: isinstance(data, kind)
    return lambda data: data is not None and not isinstance(data, (dict, list))


def _is_time(data: Any) -> bool:
    try:
        return bool(datetime.fromisoformat(data.replace("Z", "+00:00")))
    except (AttributeError, TypeError, ValueError):
        return False


def _other(where: str) -> str:
    return f"{where} is something else"


@cache
def _builder(kind: Any) -> Build | None:
    """Return what makes a value of JSON; None where it is taken as it is."""
    if kind in _FREE:
        return None
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _builder_of_optional(
            _builder(next(argument for argument in arguments if argument is not types.NoneType))
        )
    if origin is tuple:
        return _builder_of_tuple(_builder(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _builder_of_mapping(_builder(arguments[1]))
    if not isinstance(kind, type) or origin is not None:
        return None
    if dataclasses.is_dataclass(kind):
        return _builder_of_fields(kind)
    if issubclass(kind, Enum):
        return kind
    if issubclass(kind, datetime):
        return lambda data: datetime.fromisoformat(data.replace("Z", "+00:00"))
    return None


def _builder_of_optional(inner: Build | None) -> Build | None:
    return None if inner is None else lambda data: None if data is None else inner(data)


def _builder_of_tuple(inner: Build | None) -> Build:
    return tuple if inner is None else lambda data: tuple(map(inner, data))


def _builder_of_mapping(inner: Build | None) -> Build | None:
    if inner is None:
        return None
    return lambda data: {key: inner(item) for key, item in data.items()}


def _builder_of_fields(kind: type) -> Build:
    rest = _rest_of(kind)

    def build(data: Any) -> Any:
        fields = _builders_of_fields(kind)
        values = {
            name: data[key] if inner is None else inner(data[key])
            for key, (name, inner) in fields.items()
            if key in data
        }
        if rest is not None:
            values[rest] = {key: item for key, item in data.items() if key not in fields}
        return kind(**values)

    return build


@cache
def _builders_of_fields(kind: type) -> dict[str, tuple[str, Build | None]]:
    """Return name and builder of each field by its key; see :func:`_checkers_of_fields`."""
    hints, rest = _hints_of(kind), _rest_of(kind)
    return {
        _key_of(field): (field.name, _builder(hints[field.name]))
        for field in dataclasses.fields(kind)
        if field.name != rest
    }
