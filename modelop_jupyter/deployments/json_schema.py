"""The schemas of slots in an OpenAPI document.

Avro becomes JSON Schema by the lenient rules that records are checked with (spec 7.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelop_jupyter.deployments.served_model import SlotSchema

Document = dict[str, Any]

_PRIMITIVES: Mapping[str, Document] = {
    "null": {"type": "null"},
    "boolean": {"type": "boolean"},
    "int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "bytes": {"type": "string"},
    "string": {"type": "string"},
}
_DEEPEST = 50
_OPTIONAL = (True, "true")


def json_schema_of(
    schema: SlotSchema | None, name: str, definitions: dict[str, Document]
) -> Document:
    """Return the schema of a slot as it is referred to; what it needs is added to ``definitions``.

    Without a schema everything is allowed. JSON Schema is added whole, under ``name``.
    """
    if schema is None:
        return {}
    if not schema.is_json:
        return _of_avro(schema.definition, name, definitions)
    place, document = f"#/components/schemas/{name}", schema.definition
    if isinstance(document, dict):
        # References begin at its own address, which is another one here.
        document = {rule: value for rule, value in document.items() if rule not in ("$id", "id")}
    definitions[name] = _moved(document, place)
    return {"$ref": place}


def _moved(value: Any, place: str) -> Any:
    """Return a part of a document with the references to its top as those to a place."""
    if isinstance(value, list):
        return [_moved(each, place) for each in value]
    if not isinstance(value, dict):
        return value
    moved = {key: _moved(each, place) for key, each in value.items()}
    reference = value.get("$ref")
    if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
        moved["$ref"] = place + reference[1:]
    return moved


def _of_avro(avro: Any, name: str, definitions: dict[str, Document]) -> Document:
    """Return the JSON Schema of an Avro schema; its named types are added to ``definitions``.

    ``name`` begins their names. What is no Avro allows everything.
    """
    return _Converter(name, definitions).convert(avro, 0)


class _Converter:
    def __init__(self, name: str, definitions: dict[str, Document]) -> None:
        self._name = name
        self._definitions = definitions
        self._references: dict[str, Document] = {}

    def convert(self, avro: Any, depth: int) -> Document:
        if depth > _DEEPEST:
            return {}
        if isinstance(avro, str):
            known = _PRIMITIVES.get(avro) or self._references.get(avro.rpartition(".")[2])
            return dict(known or {})
        if isinstance(avro, list):
            return {"anyOf": [self.convert(branch, depth + 1) for branch in avro]} if avro else {}
        if not isinstance(avro, dict):
            return {}
        kind = avro.get("type")
        if kind in ("record", "error", "enum", "fixed"):
            return self._named(kind, avro, depth)
        if kind == "array":
            return {"type": "array", "items": self.convert(avro.get("items"), depth + 1)}
        if kind == "map":
            values = self.convert(avro.get("values"), depth + 1)
            return {"type": "object", "additionalProperties": values}
        return self.convert(kind, depth + 1)

    def _named(self, kind: str, avro: Mapping[str, Any], depth: int) -> Document:
        title = str(avro.get("name") or kind).rpartition(".")[2]
        key = self._key(title)
        reference = {"$ref": f"#/components/schemas/{key}"}
        # Before its fields, which may be of the same type.
        self._references[title] = reference
        self._definitions[key] = {}
        if kind == "enum":
            document: Document = {"enum": list(_sequence(avro.get("symbols")))}
        elif kind == "fixed":
            size = avro.get("size")
            bounds = {"minLength": size, "maxLength": size} if type(size) is int else {}
            document = {"type": "string", **bounds}
        else:
            document = self._record(_sequence(avro.get("fields")), depth)
        if isinstance(avro.get("doc"), str):
            document["description"] = avro["doc"]
        self._definitions[key] = {"title": title, **document}
        return reference

    def _record(self, given: Sequence[Any], depth: int) -> Document:
        fields = [field for field in given if isinstance(field, dict) and "name" in field]
        document: Document = {
            "type": "object",
            "properties": {str(field["name"]): self._field(field, depth + 1) for field in fields},
        }
        required = [
            str(field["name"]) for field in fields if field.get("scoringOptional") not in _OPTIONAL
        ]
        if required:
            document["required"] = list(dict.fromkeys(required))
        return document

    def _field(self, field: Mapping[str, Any], depth: int) -> Document:
        document = self.convert(field.get("type"), depth)
        if isinstance(field.get("doc"), str):
            document = {**document, "description": field["doc"]}
        return document

    def _key(self, title: str) -> str:
        """Return a key of ``components/schemas`` that is not taken."""
        plain = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in title)
        key = f"{self._name}.{plain}"
        while key in self._definitions:
            key += "_"
        return key


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
