"""How an input differs from a schema, field by field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.comparison.schema_drift import schema_drift
from modelop_jupyter.domain.schema_drift import SchemaDrift
from modelop_jupyter.errors import InvalidError
from tests.runner.harness import load_parts

(runner_schema,) = load_parts("schema")
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "customer",
    "fields": [
        {"name": "id", "type": "int"},
        {"name": "plan", "type": {"type": "enum", "name": "plan", "symbols": ["a", "b"]}},
        {"name": "before", "type": ["null", "plan"], "scoringOptional": True},
    ],
}
VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "b", "c"])


def drift(*records: Any) -> SchemaDrift:
    return schema_drift(records, SCHEMA, model="churn", schema="input_schema.avsc")


def test_an_input_that_fits_has_no_drift() -> None:
    """A field that may be absent is none."""
    found = drift({"id": 1, "plan": "a"}, {"id": 2, "plan": "b", "before": None})

    assert (found.records, found.rejected, found.fields) == (2, 0, ())


def test_each_field_is_named_with_the_first_records_that_show_it() -> None:
    """The one that costs most records comes first; what is new rejects nothing."""
    good = {"id": 1, "plan": "a"}
    found = drift(good, {**good, "id": "1"}, {"plan": "a"}, {**good, "id": "x"}, {**good, "x": 1})

    assert found.rejected == 3
    assert [
        (one.field, one.problem, one.records, one.first, one.example) for one in found.fields
    ] == [
        ("id", "Int expected", 2, (1, 3), '"1"'),
        ("id", "is missing", 1, (2,), None),
        ("x", "is new: the schema does not name it", 1, (4,), "1"),
    ]


def test_a_type_that_another_field_defines_is_known() -> None:
    """``before`` is of the enumeration that ``plan`` defines."""
    found = drift({"id": 1, "plan": "a", "before": "c"})

    assert [(one.field, one.is_rejected) for one in found.fields] == [("before", True)]


def test_a_value_that_is_no_record_is_one_problem() -> None:
    found = drift(7)

    assert [(one.field, one.problem) for one in found.fields] == [("", "Record expected")]


def test_a_schema_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidError, match="unknown type 'strnig'"):
        schema_drift([], {"type": "strnig"}, model="churn", schema="input_schema.avsc")


@given(st.lists(st.dictionaries(st.sampled_from(["id", "plan", "before", "new"]), VALUES)))
def test_records_are_rejected_as_the_runtime_rejects_them(records: list[dict[str, Any]]) -> None:
    """And a record is rejected exactly if one of its fields is."""
    check = runner_schema.Schema(SCHEMA).check
    found = drift(*records)

    assert found.rejected == sum(check(record) is not None for record in records)
    for record in records:
        one = drift(record)
        assert bool(one.rejected) == any(field.is_rejected for field in one.fields)
