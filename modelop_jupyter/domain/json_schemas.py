"""Tell JSON Schema from Avro, and read the fields of a record out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

JSON_SCHEMA_ENDING = ".json"
_AVRO_ENDING = ".avsc"
# Words for a type that only one of the two has.
_OF_JSON = frozenset({"object", "integer", "number"})
_OF_BOTH = frozenset({"string", "boolean", "null", "array"})
# What is said of values in JSON Schema without a type; Avro always has one.
_ASSERTIONS = frozenset(
    "$ref $defs definitions properties required allOf anyOf oneOf not if enum const".split()
)
_AVRO_TYPES = {
    "string": "string",
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
    "null": "null",
}
_DEEPEST = 20


def is_json_schema(definition: Any, file: str) -> bool:
    """Return whether a parsed schema is JSON Schema; it is Avro otherwise.

    The content decides: ``$schema``, and types that only one of the two has. What is valid as both,
    such as ``{"type": "string"}``, is what the ending of its ``file`` says: Avro for ``.avsc``.
    """
    if isinstance(definition, bool):
        return True
    if not isinstance(definition, dict):
        return False  # the name of a type, or a union
    if "$schema" in definition:
        return True
    is_avro_file = file.lower().endswith(_AVRO_ENDING)
    if "type" not in definition:
        return not is_avro_file or not _ASSERTIONS.isdisjoint(definition)
    verdict = _is_json_type(definition)
    return not is_avro_file if verdict is None else verdict


def _is_json_type(schema: Mapping[str, Any]) -> bool | None:
    """Return whether the type of a schema is one of JSON Schema, None where it is one of both."""
    kind = schema["type"]
    if isinstance(kind, list):
        verdicts = [_is_json_word(each) for each in kind]
        return next((each for each in verdicts if each is not None), None)
    return _is_json_items(schema) if kind == "array" else _is_json_word(kind)


def _is_json_word(kind: Any) -> bool | None:
    if isinstance(kind, str) and kind in _OF_BOTH:
        return None
    # Anything else is a type of Avro, or the name of one.
    return isinstance(kind, str) and kind in _OF_JSON


def _is_json_items(schema: Mapping[str, Any]) -> bool | None:
    """Return what the items of an array say: Avro has to have them."""
    items = schema.get("items", True)
    if isinstance(items, bool):
        return True
    for each in items if isinstance(items, list) else [items]:
        if not isinstance(each, dict):
            return isinstance(each, bool)
        verdict = _is_json_type(each) if "type" in each else True
        if verdict is not None:
            return verdict
    return None


def record_of(definition: Any) -> dict[str, Any] | None:
    """Return the Avro record with the fields of a JSON Schema of objects, None for other values.

    It says how cells of CSV are read and what a form asks for, not what a record must be: a field
    of which no simple type is known has the type None.
    """
    if not isinstance(definition, dict):
        return None
    schema = _resolved(definition, definition)
    properties = schema.get("properties")
    if not isinstance(properties, dict) or schema.get("type", "object") != "object":
        return None
    required = schema.get("required")
    fields = [
        _field(str(name), each, definition, is_required=name in (required or ()))
        for name, each in properties.items()
    ]
    return {"type": "record", "name": "record", "fields": fields}


def _field(name: str, schema: Any, root: Mapping[str, Any], *, is_required: bool) -> dict[str, Any]:
    names = list(dict.fromkeys(_types_of(schema, root, 0) or ()))
    kind: Any = names[0] if len(names) == 1 else names or None
    field = {"name": name, "type": kind, "scoringOptional": not is_required}
    if isinstance(schema, dict) and "default" in schema:
        field["default"] = schema["default"]
    return field


def _types_of(schema: Any, root: Mapping[str, Any], depth: int) -> Sequence[str] | None:
    """Return the Avro types of a value, None where they are not simple."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    schema = _resolved(schema, root)
    kind = schema.get("type")
    if kind is not None:
        kinds = kind if isinstance(kind, list) else [kind]
        return [_AVRO_TYPES[each] for each in kinds] if set(kinds) <= _AVRO_TYPES.keys() else None
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(values, list) and values and all(isinstance(each, str) for each in values):
        return ["string"]
    found: list[str] = []
    for each in schema.get("anyOf") or schema.get("oneOf") or ():
        types = _types_of(each, root, depth + 1)
        if types is None:
            return None
        found += types
    return found or None


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference within the document refers to, the schema itself for any other."""
    for _ in range(_DEEPEST):
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        found: Any = root
        for step in reference[2:].split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            found = found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            break
        schema = found
    return schema
