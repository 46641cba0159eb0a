"""Values as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.jobs import (
    Counts,
    JobError,
    JobInput,
    JobKind,
    JobRecord,
    JobResult,
    JobStatus,
)
from modelop_jupyter.domain.wire import OPTIONAL, REST, from_wire, mismatch, named, to_wire

MOMENT = datetime(2026, 11, 22, 23, 5, 1, 250, tzinfo=timezone(timedelta(hours=2)))
RECORD = JobRecord(
    id="1",
    kind=JobKind.BATCH,
    model="churn",
    snapshot=2,
    status=JobStatus.COMPLETE,
    result=JobResult.FAILURE,
    created=MOMENT,
    inputs=(JobInput("a.json", "/a.json", "json", 3),),
    parameters={"threshold": 0.5, "names": ["x"]},
    counts=Counts(records_in=3, scored=2, failed=1, records_out=2),
    messages=("one", "two"),
    error=JobError("x"),
)


def test_a_record_comes_back_as_it_went() -> None:
    """Enums, tuples, nested values and times survive."""
    assert from_wire(JobRecord, json.loads(json.dumps(to_wire(RECORD)))) == RECORD


@pytest.mark.parametrize(
    ("options", "has_passed"),
    [
        ({}, True),
        ({"verdicts": [{"rule": "auc > 1", "passed": False}]}, False),
        ({"verdicts": [{"rule": "auc > 1", "passed": None}]}, None),
        ({"verdicts": [{"rule": "a", "passed": None}], "expect": {"is_strict": True}}, False),
    ],
)
def test_what_the_verdicts_say_is_told_and_not_worked_out_again(
    options: dict[str, Any], has_passed: bool | None
) -> None:
    """Issue 12, F3: every door shows the same job alike."""
    record = replace(RECORD, options=JobOptions(options))
    wire = to_wire(record)

    assert wire["has_passed"] is has_passed
    assert from_wire(JobRecord, wire) == record


def test_times_are_written_in_utc() -> None:
    """A reader never needs the writer's time zone."""
    assert to_wire(MOMENT) == "2026-11-22T21:05:01.000250Z"


def test_an_unknown_field_is_passed_over() -> None:
    """A newer writer does not break an older reader."""
    assert from_wire(Counts, {"scored": 1, "new": 2}) == Counts(scored=1)


@given(st.builds(Counts, *[st.integers(0, 2**60)] * 5))
def test_counts_come_back_as_they_went(counts: Counts) -> None:
    """Any counts survive."""
    assert from_wire(Counts, json.loads(json.dumps(to_wire(counts)))) == counts


@dataclass(frozen=True)
class Note:
    """A class of whose fields each has a form of its own."""

    title: str
    color: str | None = field(default=None, metadata=OPTIONAL)
    pages: tuple[int, ...] = field(default=(), metadata=named("leaves"))
    more: Mapping[str, Any] = field(default_factory=dict, metadata=REST)


@pytest.mark.parametrize(
    ("note", "wire"),
    [
        (Note("a"), {"title": "a", "leaves": []}),
        (Note("a", "red", (1, 2)), {"title": "a", "color": "red", "leaves": [1, 2]}),
        (Note("a", more={"x": [1]}), {"title": "a", "leaves": [], "x": [1]}),
    ],
)
def test_a_field_may_have_a_form_of_its_own(note: Note, wire: dict[str, Any]) -> None:
    """Left out, under another name, or keys that are kept as they came."""
    assert to_wire(note) == wire
    assert from_wire(Note, wire) == note
    assert mismatch(Note, wire) is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([], "it is something else"),
        ({}, "title is missing"),
        ({"title": 1}, "title is something else"),
        ({"title": "a", "leaves": [1, True]}, "leaves[1] is something else"),
        ({"title": "a", "color": 1}, "color is something else"),
    ],
)
def test_a_mismatch_names_its_place(data: object, reason: str) -> None:
    """What does not fit is said before a value is made of it."""
    assert mismatch(Note, data) == reason


@dataclass(frozen=True)
class Tree:
    """A class with fields of its own type."""

    name: str
    branches: tuple[Tree, ...] = ()


def test_a_type_may_hold_itself() -> None:
    """Its fields are looked at with the first value."""
    tree = Tree("a", (Tree("b"), Tree("c", (Tree("d"),))))

    assert from_wire(Tree, to_wire(tree)) == tree
    assert mismatch(Tree, to_wire(tree)) is None
    assert mismatch(Tree, {"name": "a", "branches": [{}]}) == "branches[0].name is missing"
