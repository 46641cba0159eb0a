"""Records are checked with JSON Schema as jsonschema checks them (spec 7.1 is about Avro)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from modelop_jupyter.models.json_schemas import checkable

from .harness import Stage, load_parts

JsonSchema = load_parts("json_schema")[0].JsonSchema
PERSON = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "minimum": 0},
        "mail": {"type": "string", "pattern": "@"},
        "plan": {"enum": ["free", "paid"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    },
    "required": ["age"],
    "additionalProperties": False,
}


def check(schema: Any, value: Any) -> tuple[str, str] | None:
    found: tuple[str, str] | None = JsonSchema(checkable(schema, "in.json")).check(value)
    return found


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"age": 1, "tags": ["a"]}, None),
        ({"age": 1.0}, None),
        ({"age": -1}, ("At least 0 expected (minimum), not **********", " in 'age'")),
        ({"age": "secret"}, ("Integer expected (type), not **********", " in 'age'")),
        ({"mail": "x"}, ("Field 'age' missing (required)", "")),
        (
            {"age": 1, "mail": "secret"},
            ('A text that matches "@" expected (pattern), not **********', " in 'mail'"),
        ),
        (
            {"age": 1, "plan": "secret"},
            ('One of "free", "paid" expected (enum), not **********', " in 'plan'"),
        ),
        (
            {"age": 1, "tags": ["a", 7]},
            ("String expected (type), not **********", " in 'tags' in item 1"),
        ),
        (
            {"age": 1, "secret": 1},
            ("Field that the schema does not name (additionalProperties)", " in field 1"),
        ),
    ],
)
def test_path_and_rule_are_named_and_values_masked(value: Any, said: object) -> None:
    """Of fields the names that the schema has are shown, no others."""
    assert check(PERSON, value) == said


SCHEMAS = [
    PERSON,
    {"anyOf": [{"type": "string", "minLength": 2}, {"type": "number", "multipleOf": 0.5}]},
    {"oneOf": [{"minimum": 2}, {"maximum": 5}]},
    {"not": {"type": "null"}, "if": {"type": "string"}, "then": {"maxLength": 1}, "else": True},
    {"contains": {"const": 1}, "maxContains": 1, "uniqueItems": True, "prefixItems": [True]},
    {"patternProperties": {"^a": {"type": "null"}}, "propertyNames": {"maxLength": 4}},
    {"dependentRequired": {"age": ["mail"]}, "minProperties": 1, "exclusiveMaximum": 3},
    {
        "$ref": "#/$defs/n",
        "$defs": {"n": {"items": {"$ref": "#/$defs/n"}, "type": ["array", "null"]}},
    },
    {"enum": [0, [1], {"a": True}], "const": 0.0},
]
SCALARS = st.none() | st.booleans() | st.sampled_from([0, 1, 1.0, 2.5, 6, "", "a", "a@b", "free"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["age", "mail", "plan", "tags", "a", "other"]), inner)
    ),
    max_leaves=6,
)


@given(schema=st.sampled_from(SCHEMAS), value=VALUES)
def test_it_agrees_with_jsonschema(schema: Any, value: Any) -> None:
    """On every value that is tried."""
    assert (check(schema, value) is None) == Draft202012Validator(schema).is_valid(value)


def test_records_are_rejected_at_both_ends_on_every_python(any_stage: Stage) -> None:
    """With ModelOp's words for a rejection, and no content of the record in them."""
    slots = {
        "0": {"json_schema": checkable(PERSON, "in.json")},
        "1": {"json_schema": checkable({"type": "integer", "maximum": 40}, "out.json")},
    }
    lines = [{"age": 1}, {"age": "secret"}, {"age": 77}]
    ran = any_stage(
        "def score(record): return record['age']",
        "".join(json.dumps(line) + "\n" for line in lines),
        slots=slots,
        check="both",
    )

    assert ran.records == [1]
    assert ran.result["stages"] == {"input schema": 1, "output schema": 1}
    assert [one["message"] for one in ran.errors] == [
        "Integer expected (type), not ********** in 'age'",
        "At most 40 expected (maximum), not **********",
    ]
