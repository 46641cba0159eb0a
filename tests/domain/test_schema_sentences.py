"""Values that a JSON Schema refuses, in sentences."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from modelop_jupyter.domain.schema_sentences import Violation, sentence

CASES: list[tuple[Any, Any, str]] = [
    ({"type": "string"}, 3, "the request must be a text, and is 3"),
    ({"type": ["string", "null"]}, [], "the request must be a text or null, and is a list"),
    ({"type": "integer"}, True, "the request must be a whole number, and is true"),
    ({"required": ["a", "b", "c"]}, {"b": 1}, "the request needs 'a' and 'c'"),
    (
        {"properties": {"limit": {}}, "additionalProperties": False},
        {"lmit": 1},
        "the request has 'lmit', which is not known: did you mean 'limit'?",
    ),
    (
        {"properties": {"limit": {}}, "additionalProperties": False},
        {"x": 1},
        "the request has 'x', which is not known: there are: limit",
    ),
    ({"enum": ["in", "out"]}, "up", "the request must be one of 'in', 'out', not 'up'"),
    ({"const": 1}, 2, "the request must be 1, not 2"),
    (
        {"pattern": "^a$", "description": "A model's name. Or not."},
        "b",
        "the request is 'b', which is not of the form it must have: a model's name",
    ),
    ({"pattern": "^a$"}, "b", "the request is 'b', which is not of the form it must have"),
    ({"minimum": 1}, 0, "the request must be at least 1, and is 0"),
    ({"exclusiveMinimum": 0}, 0, "the request must be more than 0, and is 0"),
    ({"maxItems": 1}, [1, 2], "the request must have at most 1 item, and has 2"),
    ({"minLength": 2}, "a", "the request must have at least 2 characters, and has 1"),
    (
        {"maxProperties": 2},
        {"a": 1, "b": 2, "c": 3},
        "the request must have at most 2 entries, and has 3",
    ),
    (
        {"oneOf": [{"required": ["notebook"]}, {"required": ["path"]}]},
        {"notebook": 1, "path": 2},
        "the request needs exactly one of 'notebook', 'path'",
    ),
    (
        {"dependentRequired": {"cells": ["notebook"]}},
        {"cells": []},
        "the request has 'cells', which needs 'notebook', too",
    ),
    (
        {"properties": {"inputs": {"items": {"properties": {"path": {"type": "string"}}}}}},
        {"inputs": [{"path": "a"}, {"path": None}]},
        "inputs[1].path must be a text, and is null",
    ),
    ({"not": {}}, "x" * 99, f"the request is not what can be used here: '{'x' * 58}…"),
]


@pytest.mark.parametrize(("schema", "value", "expected"), CASES)
def test_a_refused_value_is_a_sentence(schema: Any, value: Any, expected: str) -> None:
    """It says where, what it has to be, and what it is: no word of a schema."""
    error = next(Draft202012Validator(schema).iter_errors(value))
    violation = Violation(
        list(error.absolute_path),
        error.instance,
        error.validator,
        error.validator_value,
        error.schema,
    )

    assert sentence(violation, whole="the request") == expected
