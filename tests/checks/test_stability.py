"""Whether a model gives the same answer twice, from runs that are made up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.checks.answers import agrees, is_same
from modelop_jupyter.checks.sample_runs import Call, SampleRun
from modelop_jupyter.checks.stability import stability
from modelop_jupyter.domain.checks import TopicResult
from modelop_jupyter.domain.jobs import RecordError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FAILED = RecordError(0, "model", "no", "ValueError")


def run(*answers: tuple[int, Any]) -> SampleRun:
    """A run that gave these answers to the records of these numbers, None for a failure."""
    return SampleRun(
        tuple(
            Call(record, 0.0, () if value is None else (value,), FAILED if value is None else None)
            for record, value in answers
        )
    )


def compared(source: str = "", **changed: SampleRun) -> TopicResult:
    """Compare four runs of three records, all with the same answers but for those given."""
    runs = {
        "base": run((0, 0), (1, 10), (2, 20), (0, 0)),
        "again": run((0, 0), (1, 10), (2, 20), (0, 0)),
        "reversed": run((2, 20), (1, 10), (0, 0)),
        "half": run((1, 10), (2, 20)),
        **changed,
    }
    return stability(list(runs.values()), source, "code.py")


def test_equal_answers_are_no_finding() -> None:
    assert compared().findings == ()


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("import random\n\nrandom.random()\n", "random", 3),
        ("import numpy as np\nx = np.random.rand()\n", "random", 2),
        ("from datetime import datetime as d\nd.now()\n", "clock", 2),
        ("import numpy\nrng = numpy.random.default_rng(7)\n", "not_repeatable", None),
        ("not python (", "not_repeatable", None),
    ],
)
def test_another_answer_in_another_run_names_what_it_may_come_from(
    source: str, code: str, line: int | None
) -> None:
    """With the line in the source, if something in it can be the cause."""
    again = run((0, 0), (1, 11), (2, 20), (0, 0))
    (finding,) = compared(source, again=again).findings

    assert (finding.code, finding.level, finding.record, finding.line) == (code, "warned", 1, line)
    assert finding.message.startswith("Record 1 gets another answer each time")
    assert finding.evidence == "record 1: 10, then 11"


@pytest.mark.parametrize(
    "changed",
    [
        {"base": run((0, 0), (1, 10), (2, 20), (0, 1))},
        {"reversed": run((2, 20), (1, 10), (0, 1))},
        {"half": run((1, 10), (2, 21))},
        {"half": run((1, None), (2, 20))},
    ],
)
def test_an_answer_that_depends_on_other_records_is_found(changed: dict[str, SampleRun]) -> None:
    """When a record comes again, in another order, without those before it; a failure is one, too."""
    (finding,) = compared(**changed).findings

    assert (finding.code, finding.level) == ("state_between_records", "warned")


def test_what_changes_each_time_is_no_state_between_records() -> None:
    """One cause is one finding."""
    findings = compared(
        again=run((0, 5), (1, 10), (2, 20), (0, 5)), reversed=run((2, 20), (1, 10), (0, 7))
    ).findings

    assert [finding.code for finding in findings] == ["not_repeatable"]


def test_rounding_is_no_difference() -> None:
    """A sum in another order has another last digit."""
    assert compared(again=run((0, 0), (1, 10 + 1e-12), (2, 20), (0, 0))).findings == ()


@given(JSON)
def test_every_value_is_the_same_as_itself(value: Any) -> None:
    assert is_same(value, value)


@given(JSON, JSON)
def test_sameness_has_no_order(first: Any, other: Any) -> None:
    assert is_same(first, other) == is_same(other, first)


@pytest.mark.parametrize(
    ("first", "other"), [(True, 1), (None, 0), ("1", 1), ([1], [1, 2]), ({"a": 1}, {"b": 1})]
)
def test_other_kinds_of_values_are_not_the_same(first: Any, other: Any) -> None:
    assert not is_same(first, other)


@pytest.mark.parametrize(
    ("value", "first", "again", "wanted"),
    [
        ({"a": 1, "noise": 5}, {"a": 1, "noise": 3}, {"a": 1, "noise": 4}, True),
        ({"a": 2, "noise": 5}, {"a": 1, "noise": 3}, {"a": 1, "noise": 4}, False),
        ([1, 2], [1, 2], [1, 2], True),
        ([1, 3], [1, 2], [1, 2], False),
        ([1, 3], [1, 2], [1, 2, 9], True),
    ],
)
def test_only_what_two_runs_agree_on_is_compared(
    value: Any, first: Any, again: Any, wanted: bool
) -> None:
    """A field of noise can tell nothing."""
    assert agrees(value, first, again) is wanted
