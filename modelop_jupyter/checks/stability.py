"""Whether a model gives the same answer twice: in another process, order or company of records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelop_jupyter.checks.answers import is_same, shown
from modelop_jupyter.checks.sample_runs import Call, SampleOrder, SampleRun
from modelop_jupyter.checks.unstable_calls import UnstableCall, unstable_calls
from modelop_jupyter.domain.checks import CheckTopic, Finding, TopicResult

_MOST_SHOWN = 3

BASE, REPEATED = (
    SampleOrder("given"),
    SampleOrder("given", {"LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"}),
)
REVERSED, SECOND_HALF = SampleOrder("reversed"), SampleOrder("second half")
# The runs that `stability` compares, in its order of arguments.
ORDERS = (BASE, REPEATED, REVERSED, SECOND_HALF)


@dataclass(frozen=True, slots=True)
class _Difference:
    """A record with another answer, and the two answers."""

    record: int
    first: Call
    other: Call


def stability(runs: Sequence[SampleRun], source: str, file: str) -> TopicResult:
    """Compare the runs of ``ORDERS``; ``source`` is the text of the model's ``file``."""
    base, repeated, other_order, half = runs
    records = len({call.record for call in base.calls})
    summary = (
        f"{records} records scored in the given order, again in another process, the other way"
        " round, and the second half alone"
    )
    suspects = unstable_calls(source)
    first = _by_record(base.calls)
    changing = list(_differences(first, _by_record(repeated.calls)))
    known = {one.record for one in changing}
    findings = list(_changing(changing, suspects, file))
    leaking = [
        *_differences(first, _last_by_record(base.calls)),
        *_differences(first, _by_record(other_order.calls)),
        *_differences(first, _by_record(half.calls)),
    ]
    findings += _leaking([one for one in leaking if one.record not in known], suspects, file)
    return TopicResult(CheckTopic.STABILITY, summary, tuple(findings))


def _changing(
    differences: Sequence[_Difference], suspects: Sequence[UnstableCall], file: str
) -> Iterator[Finding]:
    """Yield what is said of records with another answer each time."""
    if not differences:
        return
    kinds = [one for one in suspects if not one.is_seed]
    cause = kinds[0] if kinds else None
    if cause is not None and cause.is_clock:
        message = f"{_count(differences)} another answer each time, by {cause.name}"
        hint = "Take the time from the record, so that a job gives the same answer tomorrow"
        code = "clock"
    elif cause is not None:
        message = f"{_count(differences)} another answer each time, by {cause.name}"
        hint = "Seed a generator of its own for each record, such as random.Random(seed)"
        code = "random"
    else:
        message = f"{_count(differences)} another answer each time the model is run"
        hint = "Look for random numbers without a seed, the clock, and the order of sets"
        code = "not_repeatable"
    yield _finding(code, message, hint, differences, file, cause)


def _leaking(
    differences: Sequence[_Difference], suspects: Sequence[UnstableCall], file: str
) -> Iterator[Finding]:
    """Yield what is said of records whose answer depends on the records before them."""
    if not differences:
        return
    cause = next((one for one in suspects if not one.is_clock and not one.is_seed), None)
    distinct = list({one.record: one for one in differences}.values())
    message = f"{_count(distinct)} another answer after other records"
    if cause is not None:
        message += f", by {cause.name}, which goes on from record to record"
    hint = (
        "Keep nothing in globals between records: what one leaves, another worker or a restarted"
        " job does not have"
    )
    yield _finding("state_between_records", message, hint, distinct, file, cause)


def _finding(
    code: str,
    message: str,
    hint: str,
    differences: Sequence[_Difference],
    file: str,
    cause: UnstableCall | None,
) -> Finding:
    return Finding(
        code,
        "warned",
        message,
        hint,
        file=file if cause else None,
        line=cause.line if cause else None,
        record=differences[0].record,
        evidence="\n".join(_shown(one) for one in differences[:_MOST_SHOWN]),
    )


def _count(differences: Sequence[_Difference]) -> str:
    if len(differences) == 1:
        return f"Record {differences[0].record} gets"
    return f"{len(differences)} records get"


def _shown(difference: _Difference) -> str:
    return (
        f"record {difference.record}: {_answer(difference.first)}, then {_answer(difference.other)}"
    )


def _answer(call: Call) -> str:
    if call.problem is not None:
        return f"{call.problem.exception or call.problem.stage}: {call.problem.message}"
    return shown(call.outputs)


def _by_record(calls: Iterable[Call]) -> Mapping[int, Call]:
    """Return the first call of each record."""
    found: dict[int, Call] = {}
    for call in calls:
        found.setdefault(call.record, call)
    return found


def _last_by_record(calls: Iterable[Call]) -> Mapping[int, Call]:
    return {call.record: call for call in calls}


def _differences(first: Mapping[int, Call], other: Mapping[int, Call]) -> Iterator[_Difference]:
    for record, call in first.items():
        again = other.get(record)
        if again is not None and not _is_same_call(call, again):
            yield _Difference(record, call, again)


def _is_same_call(first: Call, other: Call) -> bool:
    if first.problem is not None or other.problem is not None:
        kinds = [
            (one.problem.stage, one.problem.exception) if one.problem else None
            for one in (first, other)
        ]
        return kinds[0] == kinds[1]
    return is_same(list(first.outputs), list(other.outputs))
