"""Schema checking at both ends, against a slow oracle (spec 2.4, 7.1)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .harness import Stage, load_parts

Schema = load_parts("schema")[0].Schema
ECHO = "def score(record): return record"
RECORD = {
    "type": "record",
    "name": "input_schema.avsc",
    "fields": [
        {"name": "x", "type": "double", "dataClass": "numerical", "role": "predictor"},
        {"name": "y-1", "type": ["null", "int"], "driftCandidate": True},
        {"name": "label", "type": "int", "scoringOptional": True},
    ],
}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"x": 1, "y-1": None}, None),
        ({"x": 1.5, "y-1": 3, "label": 1, "extra": "e"}, None),
        ({"y-1": None}, "Field 'x' missing for record 'input_schema.avsc'"),
        ({"x": 1}, "Field 'y-1' missing for record 'input_schema.avsc'"),
        ([{"x": 1}], "Record expected, not **********"),
        ("x", "Record expected, not **********"),
        ({"x": "1", "y-1": 1}, "Double expected, not **********"),
        ({"x": True, "y-1": 1}, "Double expected, not **********"),
        ({"x": 1, "y-1": 2.0}, "Null or Int expected, not **********"),
        ({"x": 1, "y-1": 1, "label": None}, "Int expected, not **********"),
        ({"x": 1, "y-1": 2**31}, "Null or Int expected, not **********"),
    ],
)
def test_records_are_checked_leniently(value: Any, said: str | None) -> None:
    """Extra fields and attributes pass, int for double, untagged unions; a listed field may not be
    absent (spec 7.1).
    """
    found = Schema(RECORD).check(value)

    assert (found and found[0]) == said


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ("int", [0, -(2**31), 2**31 - 1], [2**31, 1.0, True, "1", None]),
        ("long", [2**63 - 1], [2**63, 1.5]),
        ("float", [1, 1.5], [False, "1.5"]),
        ({"type": "string"}, ["", "x"], [1, None]),
        ({"type": "bytes", "logicalType": "decimal"}, ["\u00ff"], [1]),
        ("boolean", [True], [1, 0]),
        ({"type": "array", "items": "int"}, [[], [1]], [[1, "x"], {}]),
        ({"type": "map", "values": ["null", "string"]}, [{}, {"a": None}], [{"a": 1}, []]),
        ({"type": "enum", "name": "e", "symbols": ["A"]}, ["A"], ["B", 0]),
        ({"type": "fixed", "name": "f", "size": 2}, ["ab"], ["a", 12]),
        ({"type": {"type": "array", "items": {"type": "int"}}}, [[1]], [1]),
        ({"type": ["null", "double"]}, [None, 1], ["x"]),
        ([], [], [None]),
    ],
)
def test_every_type_has_its_values(schema: Any, good: list[Any], bad: list[Any]) -> None:
    """Avro's types and ranges over JSON's values (spec 7.1)."""
    check = Schema(schema).check

    assert [value for value in good if check(value)] == []
    assert [value for value in bad if not check(value)] == []


def test_named_types_may_be_used_again_and_within_themselves() -> None:
    """References by name, full name and short name (spec 7.1)."""
    tree = {
        "type": "record",
        "name": "Node",
        "namespace": "a.b",
        "fields": [
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["leaf"]}},
            {"name": "again", "type": ["null", "a.b.Kind"]},
            {"name": "next", "type": ["null", "Node"]},
        ],
    }
    leaf = {"kind": "leaf", "again": "leaf", "next": None}
    check = Schema(tree).check

    assert check({**leaf, "next": leaf}) is None
    assert check({**leaf, "next": {**leaf, "kind": "x"}}) == (
        "Enum expected, not **********",
        " in 'next' in 'kind'",
    )


SCHEMAS = st.recursive(
    st.sampled_from(["null", "boolean", "int", "long", "double", "string", "bytes"]),
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda values: {"type": "map", "values": values}, inner),
        st.lists(inner, max_size=3),
        st.builds(
            lambda fields, optional: {
                "type": "record",
                "name": "r",
                "fields": [
                    {"name": n, "type": t, "scoringOptional": optional} for n, t in fields.items()
                ],
            },
            st.dictionaries(st.sampled_from("ab"), inner),
            st.booleans(),
        ),
    ),
    max_leaves=6,
)
DATA = st.recursive(
    st.sampled_from([None, True, 0, 2**40, 2**70, 1.5, "", "x"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)


def fits(schema: Any, value: Any) -> bool:
    """Say in the plainest way whether a value fits a schema."""
    if isinstance(schema, list):
        return any(fits(branch, value) for branch in schema)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        return isinstance(value, dict) and all(
            fits(field["type"], value[field["name"]])
            if field["name"] in value
            else field["scoringOptional"]
            for field in schema["fields"]
        )
    if kind == "array":
        return isinstance(value, list) and all(fits(schema["items"], one) for one in value)
    if kind == "map":
        return isinstance(value, dict) and all(
            fits(schema["values"], one) for one in value.values()
        )
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return {
        "null": value is None,
        "boolean": isinstance(value, bool),
        "int": is_whole and -(2**31) <= value < 2**31,
        "long": is_whole and -(2**63) <= value < 2**63,
        "double": is_whole or isinstance(value, float),
        "string": isinstance(value, str),
        "bytes": isinstance(value, str),
    }[kind]


@given(SCHEMAS, DATA)
def test_the_checker_agrees_with_the_oracle(schema: Any, value: Any) -> None:
    """Any schema, any value (spec 7.1)."""
    assert (Schema(schema).check(value) is None) == fits(schema, value)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("integer", "unknown type 'integer'"),
        ({"name": "x"}, "has no 'type'"),
        (5, "5 has no 'type'"),
        ({"type": "array"}, "has no 'items'"),
        ({"type": "record", "name": "r"}, "has no 'fields'"),
        ({"type": "record", "name": "r", "fields": [{"name": "a"}]}, "has no 'type'"),
        (
            {"type": "record", "name": "r", "fields": [{"name": "a", "type": "x"}]},
            "field 'a': unknown",
        ),
        ({"type": "enum", "name": "r"}, "has no 'symbols'"),
    ],
)
def test_a_broken_schema_ends_the_job_before_it_starts(
    stage: Stage, schema: Any, said: str
) -> None:
    """Said clearly; ignored where checking is off (spec 7.1)."""
    ran = stage(ECHO, "1\n", slots={"0": {"schema": schema}}, check="in")
    unchecked = stage(ECHO, "1\n", slots={"0": {"schema": schema}})

    assert ran.ended == ("ERROR", "FAILURE")
    assert said in ran.result["error"]["message"]
    assert unchecked.ended == ("COMPLETE", "SUCCESS")


def test_an_output_is_checked_as_it_is_written(stage: Stage) -> None:
    """Scored but not written; numpy values and tuples are what JSON makes of them (spec 2.4)."""
    source = "import numpy as np\nOUT = [np.int64(1), (2, 3), 'x', np.float64(2), 3]\ndef score(n): yield OUT[n]"
    slots = {"0": {}, "1": {"schema": ["int", {"type": "array", "items": "long"}]}}
    ran = stage(source, "0\n1\n2\n3\n4\n", slots=slots, check="out")

    assert ran.records == [1, [2, 3], 3]
    assert ran.counts == (5, 3, 2, 0, 3)
    assert ran.result["reason"] == "output record rejected by schema"
    assert ran.log.count("[error] 1 output record(s) rejected by schema") == 2


def test_a_place_is_told_in_the_error_file(stage: Stage) -> None:
    """The log masks; the job's error file says where (spec 13.11)."""
    schema = {"type": "array", "items": RECORD}
    ran = stage(
        ECHO,
        '[{"x": 1, "y-1": 1}, {"x": "s", "y-1": 1}]',
        slots={"0": {"schema": schema}},
        check="in",
    )

    assert ran.errors[0]["message"] == "Double expected, not ********** in item 1 in 'x'"
    assert (
        ran.log[2]
        == "[error] Record rejected by schema: Double expected, not **********: **********"
    )


def test_checking_is_off_by_default(stage: Stage) -> None:
    """A bound schema alone rejects nothing (spec 7.1)."""
    ran = stage(ECHO, '"x"\n', slots={"0": {"schema": "int"}, "1": {"schema": "int"}})

    assert ran.ended == ("COMPLETE", "SUCCESS")
