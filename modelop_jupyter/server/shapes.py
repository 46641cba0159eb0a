"""The JSON Schema of what ``to_wire`` makes of a type: answers are described by our own nouns."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from pathlib import PurePath
from typing import Any

from modelop_jupyter.domain.wire import names_of


class Components(dict[str, Any]):
    """The schemas of dataclasses by their names; two of one name would be taken for each other."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[str, type] = {}

    def reference(self, kind: type) -> dict[str, Any]:
        """Return a reference to a dataclass's schema, which is made now if it is not there."""
        name = kind.__name__
        if self._kinds.setdefault(name, kind) is not kind:
            raise TypeError(f"{kind!r} and {self._kinds[name]!r} have the same name")
        if name not in self:
            # A place is held first: a type may hold itself.
            self[name] = {}
            names = names_of(kind) or ()
            self[name] = {
                "type": "object",
                "properties": {each: shape_of(_kind_of(kind, each), self) for each in names},
                "required": list(names),
                "additionalProperties": False,
            }
        return {"$ref": f"#/components/schemas/{name}"}


def _kind_of(kind: type, name: str) -> Any:
    """Return the type of a field, or what a property returns."""
    found = getattr(kind, name, None)
    if isinstance(found, property):
        return typing.get_type_hints(found.fget)["return"]
    return typing.get_type_hints(kind)[name]


_PLAIN: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    object: {},
    Any: {},
}


def resolved(schema: Any, components: Components) -> Any:
    """Return a schema with every type in it replaced; dataclasses go to the components."""
    if isinstance(schema, Mapping):
        return {key: resolved(value, components) for key, value in schema.items()}
    if isinstance(schema, (list, tuple)):
        return [resolved(item, components) for item in schema]
    if schema is None or isinstance(schema, (str, bool, int, float)):
        return schema
    return shape_of(schema, components)


def shape_of(kind: Any, components: Components) -> dict[str, Any]:
    """Return the schema of one type; raises :class:`TypeError` for one that has none."""
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [shape_of(each, components) for each in arguments]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (tuple, list):
        return {"type": "array", "items": shape_of(arguments[0], components)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": shape_of(arguments[1], components)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    if isinstance(kind, type) and issubclass(kind, PurePath):
        return {"type": "string"}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return components.reference(kind)
    raise TypeError(f"{kind!r} has no shape")
