"""A JSON Schema is valid and whole before records are checked with it."""

from __future__ import annotations

from typing import Any

import pytest

from modelop_jupyter.errors import InvalidError
from modelop_jupyter.models.json_schemas import checkable


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "float"}, "at type, 'float' is not valid"),
        ({"properties": {"x": {"minimum": "1"}}}, "at properties/x/minimum, '1' is not of type"),
        ({"$schema": "https://example.org/mine"}, "its \\$schema is https://example.org/mine"),
        ({"$schema": "http://json-schema.org/draft-03/schema#"}, "draft-03"),
        ({"$ref": "other.json"}, "nothing in the file is what 'other.json' refers to"),
        ({"$ref": "#/$defs/gone"}, "nothing in the file is what '#/\\$defs/gone' refers to"),
        ({"pattern": "(?<n>x)"}, "is no regular expression of Python"),
        ({"unevaluatedItems": False}, "cannot be checked with 'unevaluatedItems'"),
        ({"anyOf": [{}], "unevaluatedProperties": False}, "'unevaluatedProperties' beside 'anyOf'"),
        (
            {
                "$ref": "#/$defs/a",
                "$defs": {"a": {"$ref": "#/$defs/a"}},
                "unevaluatedProperties": False,
            },
            "refers to itself without an end",
        ),
    ],
)
def test_what_no_record_can_be_checked_with_is_refused(schema: Any, said: str) -> None:
    """With one sentence, and nothing is silently left out."""
    with pytest.raises(InvalidError, match=f"schema in.json cannot be used: .*{said}"):
        checkable(schema, "in.json")


@pytest.mark.parametrize(
    ("draft", "schema", "made"),
    [
        (
            "http://json-schema.org/draft-04/schema#",
            {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
            {"type": ["int"], "exclusiveMinimum": 0},
        ),
        (
            "http://json-schema.org/draft-07/schema#",
            {"items": [{"type": "string"}], "additionalItems": False, "dependencies": {"a": ["b"]}},
            {
                "prefixItems": [{"type": ["string"]}],
                "items": False,
                "dependentRequired": {"a": ["b"]},
            },
        ),
        (
            "https://json-schema.org/draft/2020-12/schema",
            {"dependencies": {"a": ["b"]}, "format": "email", "title": "T"},
            {},
        ),
    ],
)
def test_the_rules_of_each_draft_become_those_of_the_newest(
    draft: str, schema: Any, made: Any
) -> None:
    """What a draft does not know says nothing in it."""
    assert checkable({"$schema": draft, **schema}, "in.json")["schema"] == made


def test_unevaluated_properties_are_those_that_no_part_names() -> None:
    """Wherever in the parts, and behind references."""
    schema = {
        "properties": {"a": {}},
        "allOf": [{"$ref": "#/$defs/more"}],
        "unevaluatedProperties": {"type": "null"},
        "$defs": {"more": {"properties": {"b": {}}, "patternProperties": {"^c": {}}}},
    }
    made = checkable(schema, "in.json")["schema"]["allOf"][-1]

    assert made == {
        "properties": {"a": True, "b": True},
        "patternProperties": {"^c": True},
        "additionalProperties": {"type": ["null"]},
    }


def test_references_are_resolved_by_name_and_address() -> None:
    """Also one to itself."""
    schema = {
        "$id": "https://example.org/tree",
        "properties": {"left": {"$ref": "tree"}, "size": {"$ref": "#size"}},
        "$defs": {"size": {"$anchor": "size", "type": "integer"}},
    }
    made = checkable(schema, "in.json")
    left, size = (made["schema"]["properties"][name]["$ref"] for name in ("left", "size"))

    assert made["definitions"][left]["properties"]["left"] == {"$ref": left}
    assert made["definitions"][size] == {"type": ["integer"]}
