"""Values as JSON and back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

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
