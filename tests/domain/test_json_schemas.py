"""JSON Schema and Avro are told apart by what is in them."""

from __future__ import annotations

from typing import Any

import pytest

from modelop_jupyter.domain.json_schemas import is_json_schema, record_of

AVRO = "input_schema.avsc"
JSON = "input_schema.json"


@pytest.mark.parametrize(
    "definition",
    [
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        {"type": "object"},
        {"type": ["integer", "null"]},
        {"properties": {"x": {}}},
        {"$ref": "#/$defs/x", "$defs": {"x": {"type": "string"}}},
        {"type": "array"},
        {"type": "array", "items": {"type": "number"}},
        {"type": "array", "items": {"enum": [1]}},
        True,
    ],
)
def test_what_only_json_schema_has_is_json_schema(definition: Any) -> None:
    """In a file of any name."""
    assert is_json_schema(definition, AVRO)
    assert is_json_schema(definition, JSON)


@pytest.mark.parametrize(
    "definition",
    [
        "string",
        ["null", "int"],
        {"type": "record", "name": "r", "fields": []},
        {"type": "map", "values": "int"},
        {"type": "int"},
        {"type": ["null", "int"]},
        {"type": {"type": "string"}},
        {"type": "array", "items": "string"},
        {"type": "array", "items": {"type": "array", "items": {"type": "long"}}},
        {"type": "array", "items": ["null", "string"]},
    ],
)
def test_what_only_avro_has_is_avro(definition: Any) -> None:
    """In a file of any name."""
    assert not is_json_schema(definition, AVRO)
    assert not is_json_schema(definition, JSON)


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "string"},
        {"type": ["null", "string"]},
        {"type": "array", "items": {"type": "boolean"}},
        {"name": "r"},
    ],
)
def test_of_what_both_have_the_ending_decides(definition: Any) -> None:
    """So that a file of Avro stays what it is for ModelOp Center."""
    assert not is_json_schema(definition, AVRO)
    assert is_json_schema(definition, JSON)


def test_the_fields_of_a_record_are_known_with_simple_types() -> None:
    """Those of references, alternatives and choices; of others none is guessed."""
    schema = {
        "$ref": "#/$defs/customer",
        "$defs": {
            "plan": {"enum": ["a", "b"]},
            "customer": {
                "properties": {
                    "id": {"type": "integer"},
                    "age": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
                    "plan": {"$ref": "#/$defs/plan"},
                    "more": {"type": "object"},
                },
                "required": ["id"],
            },
        },
    }
    record = record_of(schema)

    assert record is not None
    assert record["fields"] == [
        {"name": "id", "type": "long", "scoringOptional": False},
        {"name": "age", "type": ["double", "null"], "scoringOptional": True, "default": None},
        {"name": "plan", "type": "string", "scoringOptional": True},
        {"name": "more", "type": None, "scoringOptional": True},
    ]
    assert record_of({"type": "array"}) is None
