"""Schemas proposed from data (spec 7.2, 7.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.domain.schemas import infer


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "int"),
        ([1.5, 2.0], "double"),
        ([9000, 8875.5], ["int", "double"]),
        ([None, 4511], ["null", "int"]),
        ([1, 2**31], "long"),
        (["a"], "string"),
        ([True, False], "boolean"),
        ([1, "a"], ["int", "string"]),
        ([True, 1], ["boolean", "int"]),
        ([[1], [2.5]], {"type": "array", "items": ["int", "double"]}),
        ([[]], {"type": "array", "items": "null"}),
    ],
)
def test_types_are_told_from_values(values: list[Any], kind: Any) -> None:
    """int, double, both, null and a type, long beyond 32 bits, unions (spec 7.3)."""
    schema = infer({"x": value} for value in values)

    assert isinstance(schema, dict)
    assert schema["fields"][0]["type"] == kind


def test_the_schema_is_named_as_modelop_names_it() -> None:
    """inferred_schema, a record (spec 7.3)."""
    schema = infer([{"x": 1}])

    assert isinstance(schema, dict)
    assert (schema["type"], schema["name"]) == ("record", "inferred_schema")


@pytest.mark.parametrize(
    ("name", "value", "attributes"),
    [
        ("id", 1, {"role": "identifier", "dataClass": "numerical", "driftCandidate": False}),
        ("UUID", "x", {"role": "identifier", "dataClass": "categorical"}),
        ("prediction", 0.5, {"role": "score", "dataClass": "numerical", "driftCandidate": True}),
        ("ground_truth", "good", {"role": "label", "dataClass": "categorical"}),
        ("age", None, {"role": "predictor", "dataClass": "categorical", "protectedClass": False}),
        ("flag", True, {"dataClass": "categorical", "specialValues": [], "scoringOptional": False}),
    ],
)
def test_fields_get_their_extended_attributes(
    name: str, value: Any, attributes: dict[str, Any]
) -> None:
    """The defaults by inference (spec 7.2)."""
    schema = infer([{name: value}])

    assert isinstance(schema, dict)
    assert attributes.items() <= schema["fields"][0].items()


def test_a_field_that_is_sometimes_absent_may_be_null() -> None:
    """Optional fields get a default (spec 7.3)."""
    schema = infer([{"x": 1, "y": 1}, {"x": 2}])

    assert isinstance(schema, dict)
    assert schema["fields"][1]["type"] == ["null", "int"]
    assert schema["fields"][1]["default"] is None


def test_scalars_have_a_plain_type() -> None:
    """A top level that is no record (spec 7.1)."""
    assert infer([1, 2, -3]) == "int"


def test_nothing_gives_no_schema() -> None:
    """There must be a record to look at."""
    with pytest.raises(ValueError, match="no records"):
        infer([])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.lists(json_values, min_size=1, max_size=5))
def test_any_data_gives_a_schema_that_is_json(records: list[Any]) -> None:
    """Whatever the records are."""
    assert json.loads(json.dumps(infer(records)))
