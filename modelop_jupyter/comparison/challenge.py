"""Compare the outputs of two models over the same records, in one pass and with bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.comparison.challenge_input import Columns, InputSurvey, KeyedRecords
from modelop_jupyter.comparison.labelled_metrics import LabelledMetrics
from modelop_jupyter.comparison.outputs import (
    ABSENT,
    OutputTally,
    ScoredOutput,
    numbers_of,
    paired,
)
from modelop_jupyter.comparison.resampling import Reservoir
from modelop_jupyter.domain.results.challenges import (
    OneSidedFailure,
    SegmentResult,
    Transition,
)
from modelop_jupyter.domain.results.histograms import Distribution, distribution_of
from modelop_jupyter.errors import InvalidError, nearest

_MOST_MOVERS = 200
_MOST_FAILURES = 20
_MOST_DIFFERENCES = 10_000
_MOST_SEGMENTS = 100
_MOST_TRANSITIONS = 20
_MOST_ANSWERS = 1_000
_LONGEST = 60
# What the field with a model's answer is mostly called, the likeliest first.
_ANSWERS = ("score", "prediction", "predicted", "probability", "pred", "proba", "output", "result")


@dataclass(frozen=True, slots=True)
class Case:
    """An input record with both outputs, ``ABSENT`` for one that there is not."""

    index: int
    record: Any
    first: Any
    other: Any

    @property
    def values(self) -> Mapping[str, Any]:
        """The columns of the record; none where it is no object."""
        return self.record if isinstance(self.record, Mapping) else {}

    @property
    def has_both(self) -> bool:
        return self.first is not ABSENT and self.other is not ABSENT


def cases(
    records: Iterable[Any],
    outputs: tuple[ScoredOutput, ScoredOutput],
    keys: KeyedRecords,
    *,
    key: str | None,
    names: Sequence[str],
    takes_record_sets: bool,
) -> Iterator[Case]:
    """Yield each input record with its outputs.

    They are matched by the order of the input where each record gave one output, otherwise by their
    key; raises :class:`InvalidError` without one.
    """
    first, other = outputs
    is_aligned = first.is_one_for_one() and other.is_one_for_one()
    if key is not None and (takes_record_sets or not is_aligned):
        pairs = keys.matched(first.records(), other.records(), names)
    elif is_aligned:
        pairs = paired(first.numbered(is_aligned=True), other.numbered(is_aligned=True))
    else:
        raise _cannot_be_paired(outputs, names)
    end = (-1, ABSENT, ABSENT)
    place, one, two = next(pairs, end)
    for index, record in enumerate(records):
        if index == place:
            yield Case(index, record, one, two)
            place, one, two = next(pairs, end)
        else:
            yield Case(index, record, ABSENT, ABSENT)


def _cannot_be_paired(
    outputs: tuple[ScoredOutput, ScoredOutput], names: Sequence[str]
) -> InvalidError:
    name, counts = next(
        (name, one.counts)
        for name, one in zip(names, outputs, strict=True)
        if not one.is_one_for_one()
    )
    return InvalidError(
        f"{name} gives {counts.records_out:,} outputs for the {counts.scored:,} records that it scores,"
        " so which belongs to which is not known",
        "Name a column that is in the input and in the outputs: --key COLUMN",
    )


@dataclass
class _Segment:
    """The sums of the records with one value of a column."""

    records: int = 0
    both: int = 0
    same: int = 0
    numbers: int = 0
    change: float = 0.0
    measured: int = 0
    first: float = 0.0
    other: float = 0.0

    def result(self, column: str, value: str | None, metric: str | None) -> SegmentResult:
        has_metric = metric is not None and self.measured > 0
        return SegmentResult(
            column=column,
            value=value,
            records=self.records,
            agreement=self.same / self.both if self.both else None,
            mean_change=self.change / self.numbers if self.numbers else None,
            metric=metric if has_metric else None,
            champion=self.first / self.measured if has_metric else None,
            challenger=self.other / self.measured if has_metric else None,
        )


@dataclass
class _Failures:
    """Records that one model did not score, and the other did."""

    cases: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    def add(self, case: Case, key: Any) -> None:
        if len(self.cases) < _MOST_FAILURES:
            self.cases[case.index] = (key, case.record)

    def result(self, name: str, output: ScoredOutput) -> Iterator[OneSidedFailure]:
        if not self.cases:
            return
        reasons: dict[int, str] = {}
        for line in output.folder.errors():
            if line.index in self.cases and line.slot == 0:
                what = f"{line.exception}: {line.message}" if line.exception else line.message
                reasons.setdefault(line.index, f"{line.stage}: {what}")
        for index, (key, record) in self.cases.items():
            reason = reasons.get(index, "it has no output")
            yield OneSidedFailure(index, name, reason, key, record)


class Contest:
    """All that is summed up of two models over the same records; see :meth:`add`."""

    def __init__(
        self,
        columns: Columns,
        seen: InputSurvey,
        names: tuple[str, str],
        is_same: Callable[[Any, Any], bool],
    ) -> None:
        self.neither = self.unlabelled = 0
        self.field = ""
        self._columns = columns
        self._names = names
        self._is_same = is_same
        self._tally: OutputTally | None = None
        self._metrics: LabelledMetrics | None = (
            None if columns.label is None else seen.labels.metrics()
        )
        self._differences = Reservoir(1, _MOST_DIFFERENCES)
        self._transitions: Counter[tuple[str, str]] = Counter()
        self._segments: dict[str, dict[str | None, _Segment]] = {
            column: {} for column in columns.segments
        }
        self._failures = _Failures(), _Failures()

    def add(self, case: Case) -> None:
        """Add a record with both outputs.

        Raises :class:`InvalidError` where the field to compare is not there, or not known.
        """
        key = None if self._columns.key is None else case.values.get(self._columns.key)
        is_same, is_scored = False, case.first is not ABSENT or case.other is not ABSENT
        if is_scored:
            tally = self._begun(case)
            is_same = tally.add(case.index, case.first, case.other, key=key, record=case.record)
            if not case.has_both:
                self._failures[case.first is not ABSENT].add(case, key)
        else:
            self.neither += 1
        one, two = (_answer(output, self.field) for output in (case.first, case.other))
        change = _change(one, two) if case.has_both else None
        if case.has_both and not is_same:
            self._add_difference(one, two, change)
        measured = self._measure(case, one, two)
        for column, segments in self._segments.items():
            segment = _segment_of(segments, case.values.get(column))
            segment.records += 1
            segment.both += case.has_both
            segment.same += is_same
            if change is not None:
                segment.numbers += 1
                segment.change += change
            if measured is not None:
                segment.measured += 1
                segment.first += measured[0]
                segment.other += measured[1]

    def _begun(self, case: Case) -> OutputTally:
        """Return the counts of the outputs; the first output decides which field is compared."""
        if self._tally is None:
            output = case.other if case.first is ABSENT else case.first
            self.field = _compared_field(output, case.values, self._columns)
            self._tally = OutputTally(
                field=self.field or None, is_same=self._is_same, most=_MOST_MOVERS
            )
        return self._tally

    def _add_difference(self, one: Any, two: Any, change: float | None) -> None:
        if change is not None:
            if change:
                self._differences.add(change)
        elif self.field and not self._is_same(one, two):
            pair = _text(one), _text(two)
            if pair in self._transitions or len(self._transitions) < _MOST_ANSWERS:
                self._transitions[pair] += 1

    def _measure(self, case: Case, one: Any, two: Any) -> tuple[float, float] | None:
        if self._metrics is None or self._columns.label is None:
            return None
        label = case.values.get(self._columns.label)
        if label is None:
            self.unlabelled += 1
            return None
        return self._metrics.add(label, one, two) if case.has_both else None

    @property
    def tally(self) -> OutputTally:
        """The counts of equal and changed outputs, and the records that differ most."""
        return self._tally or OutputTally()

    @property
    def metrics(self) -> LabelledMetrics | None:
        """The metrics of labelled records; None without a column of labels."""
        return self._metrics

    @property
    def differences(self) -> Distribution | None:
        """The distribution of the difference of the compared field, where it differs."""
        values = self._differences.column(0)
        return distribution_of(self.field, values) if values else None

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """The most frequent changes from one answer to another."""
        return tuple(
            Transition(before, after, count)
            for (before, after), count in self._transitions.most_common(_MOST_TRANSITIONS)
        )

    @property
    def segments(self) -> tuple[SegmentResult, ...]:
        """The results by segment, the largest first; what is beyond the first hundred comes last."""
        metric = self._metrics.name if self._metrics is not None else None
        return tuple(
            segment.result(column, value, metric)
            for column, segments in self._segments.items()
            for value, segment in sorted(
                segments.items(), key=lambda item: (item[0] is None, -item[1].records)
            )
        )

    def failures(self, outputs: tuple[ScoredOutput, ScoredOutput]) -> tuple[OneSidedFailure, ...]:
        """Return the first records that one model did not score, with its reason."""
        return tuple(
            failure
            for name, output, failures in zip(self._names, outputs, self._failures, strict=True)
            for failure in failures.result(name, output)
        )


def _segment_of(segments: dict[str | None, _Segment], value: Any) -> _Segment:
    name: str | None = "" if value is None else _text(value)
    if name not in segments and len(segments) >= _MOST_SEGMENTS:
        name = None
    return segments.setdefault(name, _Segment())


def _text(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _answer(output: Any, field: str) -> Any:
    """Return what an output says in the compared field; None where it says nothing."""
    if output is ABSENT or not field:
        return None
    return output.get(field) if isinstance(output, Mapping) else output


def _change(one: Any, two: Any) -> float | None:
    before, after = numbers_of(one), numbers_of(two)
    if isinstance(one, Mapping) or "value" not in before or "value" not in after:
        return None
    return float(after["value"] - before["value"])


def _compared_field(output: Any, record: Mapping[str, Any], columns: Columns) -> str:
    """Return the field of the outputs with the model's answer; empty where none is known.

    Raises :class:`InvalidError` for a field that is asked for and not there, and where labels have to
    be compared with one.
    """
    if not isinstance(output, Mapping):
        return "value"
    names = [str(name) for name in output]
    if columns.field is not None:
        if columns.field in output:
            return columns.field
        close = nearest(columns.field, names)
        raise InvalidError(
            f"--field: the outputs have no field {columns.field!r}",
            f"Did you mean {close!r}?" if close else f"They have {', '.join(names)}",
        )
    own = [name for name in names if name not in record and name != columns.label]
    likely = next((name for name in _ANSWERS if name in own), None)
    if likely is None and len(own) == 1:
        likely = own[0]
    if likely is None and columns.label is not None:
        raise InvalidError(
            f"--label: which field of the outputs is to be compared with {columns.label!r} is not known",
            f"Name it: --field {' or '.join(own[:3] or names[:3])}",
        )
    return likely or ""
