"""Records of an output are found by a text and sorted by a column."""

from __future__ import annotations

import pytest

from modelop_jupyter.domain.results.record_search import find

RECORDS = [
    {"name": "Zoë", "score": 10},
    {"name": "Ann", "score": 9.5},
    {"name": "bob", "score": "n/a"},
    {"name": "Eve", "score": None},
    {"name": "Dan", "more": ["zoo"]},
    7,
]


@pytest.mark.parametrize(
    ("match", "numbers"),
    [("", [0, 1, 2, 3, 4, 5]), ("ZO", [0, 4]), ("ë", [0]), ("9.5", [1]), ("score", []), ("7", [5])],
)
def test_a_record_is_found_by_its_values(match, numbers):
    """The names of columns are in every record, and find nothing."""
    found = find(RECORDS, match=match, column=None, is_descending=False)

    assert [row.number for row in found] == numbers


@pytest.mark.parametrize(
    ("column", "is_descending", "numbers"),
    [
        ("score", False, [1, 0, 2, 3, 4, 5]),
        ("score", True, [2, 0, 1, 3, 4, 5]),
        ("name", False, [1, 2, 4, 3, 0, 5]),
        ("value", False, [5, 0, 1, 2, 3, 4]),
    ],
)
def test_records_are_sorted_by_a_column(column, is_descending, numbers):
    """Numbers as numbers, texts without case, and what has no value last in both ways."""
    found = find(RECORDS, match="", column=column, is_descending=is_descending)

    assert [row.number for row in found] == numbers


def test_records_that_are_no_numbers_do_not_disturb_the_order():
    """NaN is larger than no number and smaller than none."""
    rows = [{"x": float("nan")}, {"x": 2}, {"x": 1}]

    assert [row.number for row in find(rows, match="", column="x", is_descending=False)] == [
        2,
        1,
        0,
    ]
