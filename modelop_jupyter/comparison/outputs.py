"""Compare two outputs record by record, in one pass and with bounded memory."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from modelop_jupyter.domain.results.comparisons import FieldChange, OutputChanges, RecordChange
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.jobs.job import Job

_MOVERS = 10
_MOST_FIELDS = 50
_MOST_BAD = 200_000


def output_changes(before: Job, after: Job) -> OutputChanges:
    """Compare two outputs; ``reason`` of the result says why an output cannot be read."""
    is_aligned = _can_be_aligned(before) and _can_be_aligned(after)
    tally = _Tally()
    try:
        for index, first, second in _paired(
            _numbered(before, is_aligned), _numbered(after, is_aligned)
        ):
            tally.add(index, first, second)
    except (ModelOpError, OSError, ValueError) as error:
        return OutputChanges(after.record.short_id, reason=str(error))
    return tally.result(after.record.short_id, is_aligned=is_aligned)


def _can_be_aligned(job: Job) -> bool:
    """Say whether each scored record gave one output record: then each one's input record is known.

    Not if a line of ``errors.jsonl``, which names the bad records, is damaged.
    """
    counts = job.record.counts
    bad = counts.rejected + counts.failed
    if counts.records_out != counts.scored or bad > _MOST_BAD:
        return False
    return bad == sum(1 for _ in job.folder.errors())


def _numbered(job: Job, is_aligned: bool) -> Iterator[tuple[int, Any]]:
    places: Iterator[int] = count()
    if is_aligned:
        bad = {error.index for error in job.folder.errors() if error.slot == 0}
        places = (place for place in count() if place not in bad)
    return zip(places, job.records(), strict=False)


_ABSENT = object()


def _paired(
    first: Iterator[tuple[int, Any]], second: Iterator[tuple[int, Any]]
) -> Iterator[tuple[int, Any, Any]]:
    end = (math.inf, _ABSENT)
    left, right = next(first, end), next(second, end)
    while left is not end or right is not end:
        if left[0] == right[0]:
            yield int(left[0]), left[1], right[1]
            left, right = next(first, end), next(second, end)
        elif left[0] < right[0]:
            yield int(left[0]), left[1], _ABSENT
            left = next(first, end)
        else:
            yield int(right[0]), _ABSENT, right[1]
            right = next(second, end)


class _Tally:
    """The state of the comparison: counts, the records that differ most, and sums for each numeric field."""

    def __init__(self) -> None:
        self._same = self._changed = self._only_before = self._only_after = 0
        self._movers: list[tuple[float, int, Any, Any]] = []
        self._fields: dict[str, tuple[int, float, float]] = {}

    def add(self, index: int, before: Any, after: Any) -> None:
        if before is _ABSENT:
            self._only_after += 1
        elif after is _ABSENT:
            self._only_before += 1
        elif before == after and type(before) is type(after):
            self._same += 1
        else:
            self._changed += 1
            moved = self._moved(before, after)
            # Earlier records win among equals, and records themselves have no order.
            entry = (-1.0 if moved is None else moved, -index, before, after)
            if len(self._movers) < _MOVERS:
                heapq.heappush(self._movers, entry)
            elif entry[:2] > self._movers[0][:2]:
                heapq.heapreplace(self._movers, entry)

    def _moved(self, before: Any, after: Any) -> float | None:
        old, new = _numbers(before), _numbers(after)
        most = None
        for field in old.keys() & new.keys():
            moved = abs(new[field] - old[field])
            if not moved or not math.isfinite(moved):
                continue
            most = max(most or 0.0, moved)
            if field in self._fields or len(self._fields) < _MOST_FIELDS:
                times, total, top = self._fields.get(field, (0, 0.0, 0.0))
                self._fields[field] = times + 1, total + moved, max(top, moved)
        return most

    def result(self, job: str, *, is_aligned: bool) -> OutputChanges:
        movers = sorted(self._movers, key=lambda entry: entry[:2], reverse=True)
        return OutputChanges(
            job=job,
            same=self._same,
            changed=self._changed,
            only_before=self._only_before,
            only_after=self._only_after,
            movers=tuple(
                RecordChange(-place, before, after, None if moved < 0 else moved)
                for moved, place, before, after in movers
            ),
            fields=tuple(
                FieldChange(field, times, total / times, top)
                for field, (times, total, top) in sorted(
                    self._fields.items(), key=lambda entry: -entry[1][0]
                )
            ),
            is_aligned=is_aligned,
        )


def _numbers(record: Any) -> dict[str, float]:
    """Return the top-level numbers of a record; a record that is a number has the key ``value``."""
    pairs = record.items() if isinstance(record, Mapping) else [("value", record)]
    return {
        str(key): value
        for key, value in pairs
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
    }
