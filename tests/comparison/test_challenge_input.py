"""The input of a challenge: columns that are not there, keys, and outputs matched by them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelop_jupyter.comparison.challenge_input import Columns, KeyedRecords, survey
from modelop_jupyter.comparison.outputs import ABSENT
from modelop_jupyter.errors import InputError, InvalidError

RECORDS = [{"id": "a", "x": 1, "truth": 0}, {"id": "b", "x": 2, "truth": None}]


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyedRecords]:
    with KeyedRecords(tmp_path / "keys.sqlite", "id") as keys:
        yield keys


def test_records_are_counted_and_labels_seen(keys: KeyedRecords) -> None:
    seen = survey("in.json", RECORDS, Columns(label="truth", key="id", segments=["x"]), keys)

    assert (seen.records, seen.labels.count) == (2, 1)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (Columns(label="thruth"), "--label: no record has a column 'thruth'"),
        (Columns(segments=["x", "country"]), "--segment: no record has a column 'country'"),
        (Columns(key="name"), "--key: no record has a column 'name'"),
    ],
)
def test_a_column_that_is_not_there_is_named(
    keys: KeyedRecords, columns: Columns, sentence: str
) -> None:
    with pytest.raises(InvalidError) as raised:
        survey("in.json", RECORDS, columns, keys)

    assert raised.value.message == sentence
    assert raised.value.hint in ("Did you mean 'truth'?", "There are id, x, truth")


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([*RECORDS, {"id": "a"}], """--key: 'id' is not unique: record 2 has "a" again"""),
        ([*RECORDS, {"x": 1}], "--key: record 2 has no value of 'id'"),
    ],
)
def test_a_key_names_one_record(keys: KeyedRecords, records: list[Any], sentence: str) -> None:
    with pytest.raises(InvalidError) as raised:
        survey("in.json", records, Columns(key="id"), keys)

    assert raised.value.message == sentence


def test_an_input_without_records_is_refused(keys: KeyedRecords) -> None:
    with pytest.raises(InputError, match="holds no records"):
        survey("in.json", [], Columns(), keys)


def test_a_label_is_one_value(keys: KeyedRecords) -> None:
    with pytest.raises(InvalidError, match="no class and no number in record 0"):
        survey("in.json", [{"truth": [1]}], Columns(label="truth"), keys)
    with pytest.raises(InvalidError, match="is empty in every record"):
        survey("in.json", [{"truth": None}], Columns(label="truth"), keys)


@settings(max_examples=20)
@given(order=st.permutations(range(8)), left_out=st.sets(st.integers(0, 7)))
def test_outputs_in_any_order_are_matched_by_their_key(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], left_out: set[int]
) -> None:
    """Each output comes with the place of its record, in the order of the input."""
    path = tmp_path_factory.mktemp("keys") / "keys.sqlite"
    with KeyedRecords(path, "id") as keys:
        for place in range(8):
            keys.add(place, place)
        first = ({"id": place, "y": place} for place in order)
        other = ({"id": place, "y": -place} for place in range(8) if place not in left_out)
        found = list(keys.matched(first, other, ["m@1", "m@2"]))

    assert [place for place, _, _ in found] == list(range(8))
    assert all(one["y"] == place for place, one, _ in found)
    assert {place for place, _, two in found if two is ABSENT} == left_out


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ({"y": 1}, "m@1 gives outputs without 'id', and not one for each record"),
        ({"id": 5}, "m@1 gives more than one output for id 5, or one for no record"),
    ],
)
def test_an_output_of_no_record_is_refused(keys: KeyedRecords, output: Any, sentence: str) -> None:
    keys.add(0, 1)

    with pytest.raises(InvalidError) as raised:
        list(keys.matched(iter([output]), iter([]), ["m@1", "m@2"]))

    assert raised.value.message == sentence
