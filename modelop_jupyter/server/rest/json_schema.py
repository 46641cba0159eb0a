"""Build JSON Schemas (2020-12, as OpenAPI 3.1 uses it): by hand, or from the type of a response."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from pathlib import PurePath
from typing import Any

from modelop_jupyter.domain.wire import is_open, is_optional, names_of

Schema = Mapping[str, Any]

_SIMPLE_TYPES: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    object: {},
    Any: {},
}


def object_schema(required: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def array_schema(items: Any, *, limit: int | None = None) -> dict[str, Any]:
    """Return the schema of an array, of at most ``limit`` items."""
    bound = {} if limit is None else {"maxItems": limit}
    return {"type": "array", "items": items, **bound}


def nullable(schema: Schema) -> dict[str, Any]:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


class SchemaComponents(dict[str, Any]):
    """The ``components.schemas`` of a document: the schemas of dataclasses by name.

    The name is that of the class, or its ``SCHEMA_NAME``: clients generate types from the names,
    so renaming a class must not rename its schema.
    """

    def __init__(self) -> None:
        super().__init__()
        self._types: dict[str, type] = {}

    def reference(self, cls: type) -> dict[str, Any]:
        """Return a ``$ref`` to the schema of a dataclass, which is added if missing.

        Raises :class:`TypeError` for two classes with the same name.
        """
        name = getattr(cls, "SCHEMA_NAME", cls.__name__)
        if self._types.setdefault(name, cls) is not cls:
            raise TypeError(f"{cls!r} and {self._types[name]!r} have the same name")
        if name not in self:
            # A placeholder first: a type may contain itself.
            self[name] = {}
            fields = names_of(cls) or ()
            required = tuple(field for field in fields if not is_optional(cls, field))
            self[name] = object_schema(
                required, **{field: schema_of_type(_type_of(cls, field), self) for field in fields}
            )
        return {"$ref": f"#/components/schemas/{name}"}


def _type_of(cls: type, name: str) -> Any:
    """Return the type of a field, or the return type of a property."""
    attribute = getattr(cls, name, None)
    if isinstance(attribute, property):
        return typing.get_type_hints(attribute.fget)["return"]
    return typing.get_type_hints(cls)[name]


def resolve_types(schema: Any, components: SchemaComponents) -> Any:
    """Return a schema with each Python type in it replaced by the schema of that type."""
    if isinstance(schema, Mapping):
        return {key: resolve_types(value, components) for key, value in schema.items()}
    if isinstance(schema, (list, tuple)):
        return [resolve_types(item, components) for item in schema]
    if schema is None or isinstance(schema, (str, bool, int, float)):
        return schema
    return schema_of_type(schema, components)


def schema_of_type(kind: Any, components: SchemaComponents) -> dict[str, Any]:
    """Return the schema of what ``to_wire`` makes of a type; dataclasses go to the components.

    Raises :class:`TypeError` for a type that ``to_wire`` does not write.
    """
    if kind in _SIMPLE_TYPES:
        return dict(_SIMPLE_TYPES[kind])
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [schema_of_type(argument, components) for argument in arguments]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (tuple, list):
        return {"type": "array", "items": schema_of_type(arguments[0], components)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of_type(arguments[1], components)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    if isinstance(kind, type) and issubclass(kind, PurePath):
        return {"type": "string"}
    if is_open(kind):
        return {"type": "object", "additionalProperties": {}}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return components.reference(kind)
    raise TypeError(f"{kind!r} has no JSON Schema")
