"""The sample that a check leaves, and the first record with another output."""

from __future__ import annotations

from typing import Any

import pytest

from modelop_jupyter.checks.sample_runs import Call, SampleRun
from modelop_jupyter.checks.verification import difference, sample_of
from modelop_jupyter.domain.jobs import RecordError
from modelop_jupyter.domain.verification import (
    ExpectedRecord,
    RecordDifference,
    VerificationSample,
)
from modelop_jupyter.jobs.check_files import SampleRecord

SAMPLE = VerificationSample(
    "in.json",
    (
        ExpectedRecord({"x": 0}, (1.5,)),
        ExpectedRecord({"x": 1}, (1, 2)),
        ExpectedRecord({"x": 2}, ()),
        ExpectedRecord({"x": 3}, ({"y": 3, "noise": 0.1},), ({"y": 3, "noise": 0.2},)),
    ),
)
LAST = {"y": 3, "noise": 0.7}
TWO = RecordError(1, "model", "two", exception="ValueError")


@pytest.mark.parametrize("first", [1.5, 1.5000000000000002])
def test_equal_outputs_are_no_difference(first: float) -> None:
    """Nor is another rounding, nor what differed where it was checked, too."""
    assert difference(SAMPLE, [first, 1, 2, LAST], []) is None


@pytest.mark.parametrize(
    ("outputs", "errors", "expected"),
    [
        ([1.6, 1, 2, LAST], [], ('{"x": 0}', "1.5", "1.6")),
        ([1.5, 1, LAST], [], ('{"x": 1}', "1, 2", '1, {"y": 3, "noise": 0.7}')),
        ([1.5, LAST], [TWO], ('{"x": 1}', "1, 2", "ValueError: two")),
        ([1.5, 1, 2], [], ('{"x": 3}', '{"y": 3, "noise": 0.1}', "no output")),
        ([1.5, 1, 2, {**LAST, "y": 4}], [], ('{"x": 3}', '{"y": 3, "noise": 0.1}')),
        ([1.5, 1, 2, LAST, 9], [], ('{"x": 3}', '{"y": 3, "noise": 0.1}', "9")),
    ],
)
def test_the_first_record_with_another_output_is_found(
    outputs: list[Any], errors: list[RecordError], expected: tuple[str, ...]
) -> None:
    """Another value, one less, a failure, none at all, another one beside noise, one too many."""
    found = difference(SAMPLE, outputs, errors)

    assert isinstance(found, RecordDifference)
    assert (found.record, found.expected, found.here)[: len(expected)] == expected


def run_of(values: list[Any], outputs: list[Any]) -> SampleRun:
    """Return a run of a sample; the output of a record that failed is its error."""
    calls = [
        Call(number, 0.1, (), output)
        if isinstance(output, RecordError)
        else Call(number, 0.1, (output,))
        for number, output in enumerate(outputs)
    ]
    records = tuple(SampleRecord(number, value) for number, value in enumerate(values))
    return SampleRun((*calls, calls[0]), records=records)


def test_a_sample_has_what_another_machine_can_be_given() -> None:
    """No failed record, none with more outputs by chance, no NaN, no address with a password; and no folder in its name."""
    values = ["a", "b", float("nan"), "https://me:secret@host/", "e"]
    first, again = run_of(values, [1, TWO, 3, 4, 5]), run_of(values, [1, TWO, 3, 4, 6])

    assert sample_of("/home/me/in.json", first, again) == VerificationSample(
        "in.json", (ExpectedRecord("a", (1,)), ExpectedRecord("e", (5,), (6,)))
    )


@pytest.mark.parametrize(("value", "count"), [("x", 20), ("x" * 30_000, 3), ("x" * 200_000, None)])
def test_a_sample_is_small(value: str, count: int | None) -> None:
    """Twenty records and a hundred thousand characters at most."""
    run = run_of([value] * 30, [1] * 30)
    sample = sample_of("in.json", run, run)

    assert (len(sample.records) if sample else None) == count
