"""The sample that a check leaves for other machines, and the comparison of what they give for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from modelop_jupyter.checks.answers import agrees, is_same, shown
from modelop_jupyter.checks.sample_runs import Call, SampleRun
from modelop_jupyter.domain.jobs import RecordError
from modelop_jupyter.domain.verification import (
    ExpectedRecord,
    RecordDifference,
    VerificationSample,
)
from modelop_jupyter.masking import mask

_MOST_RECORDS = 20
_MOST_CHARACTERS = 100_000


def sample_of(name: str, first: SampleRun, again: SampleRun) -> VerificationSample | None:
    """Return the first records of two runs in the given order; None if no record was scored.

    ``name`` is that of the input, of which the folder is nobody's business elsewhere. Records that failed, that JSON cannot hold or that have a credential in an address are left out.
    """
    records = tuple(islice(_within_size(_expected(first, again)), _MOST_RECORDS))
    return VerificationSample(mask(re.split(r"[\\/]", name)[-1]), records) if records else None


def difference(
    sample: VerificationSample, outputs: Sequence[Any], errors: Sequence[RecordError]
) -> RecordDifference | None:
    """Return the first record of a sample whose outputs are others here, None if there is none.

    ``outputs`` are those of all its records one after the other, ``errors`` the records that failed:
    they have none.
    """
    failed = {error.index: error for error in reversed(errors)}
    begin = 0
    for index, record in enumerate(sample.records):
        if index in failed:
            return _difference(record, _reason(failed[index]))
        end = begin + len(record.outputs)
        here = list(outputs[begin:end])
        again = list(record.again or record.outputs)
        if len(here) < len(record.outputs) or not agrees(here, list(record.outputs), again):
            return _difference(record, shown(here))
        begin = end
    if len(outputs) > begin:
        return _difference(sample.records[-1], shown(outputs[begin:]))
    return None


def _difference(record: ExpectedRecord, here: str) -> RecordDifference:
    return RecordDifference(shown([record.value]), shown(record.outputs), here)


def _reason(error: RecordError) -> str:
    return error.reason


def _expected(first: SampleRun, again: SampleRun) -> Iterator[ExpectedRecord]:
    calls, repeated = _first_calls(first), _first_calls(again)
    for record in first.records:
        call, other = calls.get(record.record), repeated.get(record.record)
        if call is None or other is None or call.problem or other.problem:
            continue
        if len(call.outputs) != len(other.outputs):
            # Where the outputs of the next record begin could not be told.
            continue
        is_stable = is_same(list(call.outputs), list(other.outputs))
        yield ExpectedRecord(record.value, call.outputs, None if is_stable else other.outputs)


def _first_calls(run: SampleRun) -> Mapping[int, Call]:
    return {call.record: call for call in reversed(run.calls)}


def _within_size(records: Iterator[ExpectedRecord]) -> Iterator[ExpectedRecord]:
    total = 0
    for record in records:
        try:
            text = json.dumps([record.value, record.outputs, record.again], allow_nan=False)
        except ValueError:
            continue
        if mask(text) != text:
            continue
        total += len(text)
        if total > _MOST_CHARACTERS:
            return
        yield record
