"""The form in which records are typed: its fields, and what is typed into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from modelop_jupyter.capture import kernel_facts
from modelop_jupyter.domain.samples import (
    SAMPLE_RECORDS,
    FormField,
    RecordForm,
    fields_of_schema,
    records_of_text,
    text_of,
    value_of,
    with_example,
)

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "record_fields.json").read_text()
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['field']['kind']}-{case['text']}")
def test_what_is_typed_has_a_value_or_a_problem_in_plain_words(case: dict[str, Any]) -> None:
    """The same cases are those of the sidebar."""
    field = FormField(**{"choices": (), **case["field"]})
    try:
        found = {"value": value_of(field, case["text"])}
    except ValueError as problem:
        found = {"problem": str(problem)}

    expected = {key: value for key, value in case.items() if key in ("value", "problem")}
    assert found == expected


@pytest.mark.parametrize("value", [None, 1, 1.5, True, "a", [1], {"a": "é"}])
def test_a_value_is_shown_as_it_is_typed(value: Any) -> None:
    """What the form begins with gives the same record again."""
    kind = {int: "number", float: "number", bool: "boolean", str: "text"}.get(type(value), "json")
    field = FormField("x", kind, is_nullable=True)  # type: ignore[arg-type]

    assert value_of(field, text_of(field, value)) == value


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("long", ("integer", False)),
        (["null", "float"], ("number", True)),
        (["int", "double"], ("number", False)),
        (["int", "string"], ("json", False)),
        ({"type": "string"}, ("text", False)),
        ({"type": "map", "values": "int"}, ("json", False)),
    ],
)
def test_an_avro_type_is_a_kind_of_field(kind: Any, expected: tuple[str, bool]) -> None:
    """A union with null may be empty; what is no plain value is typed as JSON."""
    schema = {"type": "record", "name": "r", "fields": [{"name": "x", "type": kind}]}
    (field,) = fields_of_schema(schema)

    assert (field.kind, field.is_nullable) == expected


def test_a_schema_of_something_else_has_no_fields() -> None:
    """A record of it is typed as JSON then."""
    assert fields_of_schema("double") == ()
    assert fields_of_schema({"type": "array", "items": "int"}) == ()


@pytest.mark.parametrize(
    ("text", "records"), [('{"x": 1}', [{"x": 1}]), ("[1, 2]", [1, 2]), ("3", [3])]
)
def test_records_are_typed_as_json(text: str, records: list[Any]) -> None:
    """One, or a list of them."""
    assert records_of_text(text) == records


@pytest.mark.parametrize("text", ["", "{", "[]", "[1, 2, 3, 4, 5, 6]"])
def test_other_texts_are_no_records(text: str) -> None:
    """It says what to type."""
    with pytest.raises(ValueError, match=r"^type "):
        records_of_text(text)


def test_the_last_data_frame_of_a_session_comes_first() -> None:
    """With its first records as JSON has them; other values are passed over."""
    first = pd.DataFrame({"a": range(9)})
    namespace = {
        "first": first,
        "_hidden": first,
        "name": "a",
        "last": pd.DataFrame({"b": [1.5, None], "t": pd.to_datetime(["2026-01-02"] * 2)}),
    }
    last, other = kernel_facts.tables(namespace)

    assert (last["name"], other["name"]) == ("last", "first")
    assert last["records"][0]["b"] == 1.5
    assert last["records"][1]["b"] is None
    assert last["records"][0]["t"].startswith("2026-01-02")
    assert [record["a"] for record in other["records"]] == list(range(SAMPLE_RECORDS))


def test_a_data_frame_that_is_no_json_is_passed_over() -> None:
    """Two columns of one name make no record."""
    assert kernel_facts.tables({"df": pd.DataFrame([[1, 2]], columns=["a", "a"])}) == []


@pytest.mark.parametrize(
    ("fields", "example", "records"),
    [
        ((), {"x": 1}, ({"x": 1},)),
        ((), None, ({},)),
        ((FormField("x", "number"),), {"x": 1, "other": 2}, ({"x": 1},)),
        ((FormField("x", "number"),), [1], ({},)),
    ],
)
def test_a_form_begins_with_an_example(
    fields: tuple[FormField, ...], example: object, records: tuple[object, ...]
) -> None:
    """Without a field that the form does not have."""
    form = RecordForm("none", "", fields, ({},))

    assert with_example(form, example).records == records
