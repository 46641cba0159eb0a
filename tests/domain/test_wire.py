"""Values as JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.domain.jobs import Counts, JobInput, JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.wire import from_wire, to_wire

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
    error={"code": "x"},
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
    record = replace(RECORD, options=options)
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
