"""Compare two outputs record by record, in one pass and with bounded memory."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from modelop_jupyter.domain.jobs import Counts
from modelop_jupyter.domain.results.comparisons import FieldChange, OutputChanges, RecordChange
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.job import Job

_MOVERS = 10
_MOST_FIELDS = 50
_MOST_BAD = 200_000

# What stands for the output of a record that has none.
ABSENT = object()


@dataclass(frozen=True, slots=True)
class ScoredOutput:
    """What a run over an input left: its counts, its output records, and the bad ones in its folder."""

    counts: Counts
    folder: JobFolder
    records: Callable[[], Iterator[Any]]

    def is_one_for_one(self) -> bool:
        """Say whether each scored record gave one output record: then each one's input record is known.

        Not if a line of ``errors.jsonl``, which names the bad records, is damaged.
        """
        bad = self.counts.rejected + self.counts.failed
        if self.counts.records_out != self.counts.scored or bad > _MOST_BAD:
            return False
        return bad == sum(1 for _ in self.folder.errors())

    def numbered(self, *, is_aligned: bool) -> Iterator[tuple[int, Any]]:
        """Yield the output records with the places of their input records, or with their own."""
        places: Iterator[int] = count()
        if is_aligned:
            bad = {error.index for error in self.folder.errors() if error.slot == 0}
            places = (place for place in count() if place not in bad)
        return zip(places, self.records(), strict=False)


def output_changes(before: Job, after: Job) -> OutputChanges:
    """Compare two outputs; ``reason`` of the result says why an output cannot be read."""
    first, other = (
        ScoredOutput(job.record.counts, job.folder, job.records) for job in (before, after)
    )
    is_aligned = first.is_one_for_one() and other.is_one_for_one()
    tally = OutputTally()
    try:
        for index, one, two in paired(
            first.numbered(is_aligned=is_aligned), other.numbered(is_aligned=is_aligned)
        ):
            tally.add(index, one, two)
    except (ModelOpError, OSError, ValueError) as error:
        return OutputChanges(after.record.short_id, reason=str(error))
    return tally.result(after.record.short_id, is_aligned=is_aligned)


def paired(
    first: Iterator[tuple[int, Any]], second: Iterator[tuple[int, Any]]
) -> Iterator[tuple[int, Any, Any]]:
    """Yield the outputs of each record that either has one of, ``ABSENT`` for the other."""
    end = (math.inf, ABSENT)
    left, right = next(first, end), next(second, end)
    while left is not end or right is not end:
        if left[0] == right[0]:
            yield int(left[0]), left[1], right[1]
            left, right = next(first, end), next(second, end)
        elif left[0] < right[0]:
            yield int(left[0]), left[1], ABSENT
            left = next(first, end)
        else:
            yield int(right[0]), ABSENT, right[1]
            right = next(second, end)


class OutputTally:
    """The state of the comparison: counts, the records that differ most, and sums for each numeric field.

    ``field`` is the one whose change says how much a record differs; without it, the field that
    changes most. ``is_same`` decides which outputs are equal, without it they are to the last digit.
    ``most`` records are kept.
    """

    def __init__(
        self,
        *,
        field: str | None = None,
        is_same: Callable[[Any, Any], bool] | None = None,
        most: int = _MOVERS,
    ) -> None:
        self.same = self.changed = self.only_before = self.only_after = 0
        self._field = field
        self._is_same = is_same or _is_equal
        self._most = most
        self._movers: list[tuple[float, int, RecordChange]] = []
        self._fields: dict[str, tuple[int, float, float]] = {}

    def add(
        self, index: int, before: Any, after: Any, *, key: Any = None, record: Any = None
    ) -> bool:
        """Count a record; say whether both outputs are there and equal."""
        if before is ABSENT:
            self.only_after += 1
        elif after is ABSENT:
            self.only_before += 1
        elif self._is_same(before, after):
            self.same += 1
            return True
        else:
            self.changed += 1
            moved = self._moved(before, after)
            # Earlier records win among equals, and records themselves have no order.
            place = (-1.0 if moved is None else moved, -index)
            is_kept = len(self._movers) < self._most
            if is_kept or place > self._movers[0][:2]:
                change = RecordChange(index, before, after, moved, key, record)
                push = heapq.heappush if is_kept else heapq.heapreplace
                push(self._movers, (*place, change))
        return False

    def _moved(self, before: Any, after: Any) -> float | None:
        old, new = numbers_of(before), numbers_of(after)
        most = None
        for field in old.keys() & new.keys():
            moved = abs(new[field] - old[field])
            if not moved or not math.isfinite(moved):
                continue
            if self._field in (None, field):
                most = max(most or 0.0, moved)
            if field in self._fields or len(self._fields) < _MOST_FIELDS:
                times, total, top = self._fields.get(field, (0, 0.0, 0.0))
                self._fields[field] = times + 1, total + moved, max(top, moved)
        return most

    @property
    def movers(self) -> tuple[RecordChange, ...]:
        """The records that differ most, largest first."""
        ordered = sorted(self._movers, key=lambda entry: entry[:2], reverse=True)
        return tuple(change for _, _, change in ordered)

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """The numeric fields that change, the most frequent first."""
        return tuple(
            FieldChange(field, times, total / times, top)
            for field, (times, total, top) in sorted(
                self._fields.items(), key=lambda entry: -entry[1][0]
            )
        )

    def result(self, job: str, *, is_aligned: bool) -> OutputChanges:
        """Return what was counted of a job's output."""
        return OutputChanges(
            job=job,
            same=self.same,
            changed=self.changed,
            only_before=self.only_before,
            only_after=self.only_after,
            movers=self.movers,
            fields=self.fields,
            is_aligned=is_aligned,
        )


def _is_equal(before: Any, after: Any) -> bool:
    return bool(before == after) and type(before) is type(after)


def numbers_of(record: Any) -> dict[str, float]:
    """Return the top-level numbers of a record; a record that is a number has the key ``value``."""
    pairs = record.items() if isinstance(record, Mapping) else [("value", record)]
    return {
        str(key): value
        for key, value in pairs
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
    }
