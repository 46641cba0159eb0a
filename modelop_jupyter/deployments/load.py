"""What a deployment does: requests and records counted, and how long they take."""

from __future__ import annotations

import itertools
import math
import time
from bisect import bisect_left as _bisect
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import log as _log

from modelop_jupyter.deployments.errors import RecordProblemError, RequestTimeoutError
from modelop_jupyter.deployments.scoring import AnsweredRecord
from modelop_jupyter.domain.deployments import (
    Latencies,
    Load,
    LoadSecond,
    ReplicaReport,
    RequestCounts,
)

KEPT_SECONDS = 120
LATENCY_SECONDS = 60
RATE_SECONDS = 10
BOUNDS = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    60.0,
)
"""The upper bounds of the histogram of all requests, in seconds; above them is one bucket more."""

# Of the latencies of a second, each bucket ends 2 % above where it begins: a percentile is off by
# 1 % at most. An hour needs 1100 of them, and a second has as many as it has different latencies.
_SHORTEST = 1e-6
_BUCKETS_PER_E = 1 / math.log(1.02)
_BAD_STATUS = 400


@dataclass(slots=True)
class _Second:
    """What happened in a second; ``buckets`` has how many requests took how long."""

    t: int
    requests: int = 0
    bad: int = 0
    buckets: dict[int, int] = field(default_factory=dict)


class LoadMeter:
    """Counts requests and records in constant memory, and cheaply: it is asked for each of them.

    ``clock`` gives seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._began = clock()
        self._seconds: deque[_Second] = deque(maxlen=KEPT_SECONDS)
        # Not Counter, whose += costs as much as all the rest.
        self._statuses: dict[int, int] = {}
        self._outcomes: dict[str, int] = {}
        self._refused = 0
        self._latency_counts = [0] * (len(BOUNDS) + 1)
        self._latency_sum = 0.0

    def count_request(self, status: int, seconds: float, *, is_refused: bool = False) -> None:
        """Count a request that was answered; one that no replica was asked for is refused."""
        t = int(self._clock())
        second = self._seconds[-1] if self._seconds else None
        # A clock that is put back must not bring the seconds out of order.
        if second is None or second.t < t:
            second = _Second(t)
            self._seconds.append(second)
        second.requests += 1
        if status >= _BAD_STATUS:
            second.bad += 1
        bucket = int(_log(seconds / _SHORTEST) * _BUCKETS_PER_E) if seconds > _SHORTEST else 0
        buckets, statuses = second.buckets, self._statuses
        buckets[bucket] = buckets.get(bucket, 0) + 1
        statuses[status] = statuses.get(status, 0) + 1
        if is_refused:
            self._refused += 1
        self._latency_counts[_bisect(BOUNDS, seconds)] += 1
        self._latency_sum += seconds

    def count_record(self, answered: AnsweredRecord) -> None:
        """Count a record by what it got; one that no replica was asked for does not count."""
        outcome = "scored" if answered.error is None else _outcome(answered)
        if outcome is not None:
            self._outcomes[outcome] = self._outcomes.get(outcome, 0) + 1

    @property
    def statuses(self) -> Mapping[int, int]:
        """How many requests got which status."""
        return self._statuses

    @property
    def latency_counts(self) -> tuple[int, ...]:
        """How many requests took as long as each of ``BOUNDS`` but no longer, and how many more."""
        return tuple(self._latency_counts)

    @property
    def latency_sum(self) -> float:
        """The seconds of all requests together."""
        return self._latency_sum

    @property
    def counts(self) -> RequestCounts:
        """What was answered since the meter was made."""
        records = self._outcomes
        return RequestCounts(
            requests=sum(self._statuses.values()),
            refused=self._refused,
            records=sum(records.values()),
            **records,
        )

    def report(
        self,
        *,
        waiting: int = 0,
        restarts: int = 0,
        replicas: Iterable[ReplicaReport] = (),
    ) -> Load:
        """Return what has happened, with what only others know."""
        now = self._clock()
        this_second = int(now)
        return Load(
            t=now,
            counts=self.counts,
            rate=self._rate(now),
            latencies=_latencies(self._since(this_second - LATENCY_SECONDS)),
            waiting=waiting,
            restarts=restarts,
            replicas=tuple(replicas),
            seconds=tuple(
                LoadSecond(one.t, one.requests, one.bad, _latencies([one]))
                for one in self._since(this_second - KEPT_SECONDS)
            ),
        )

    def _rate(self, now: float) -> float:
        """Return requests per second over the last ten; the second at hand is not over yet."""
        span = min(RATE_SECONDS - 1 + now % 1, now - self._began)
        requests = sum(one.requests for one in self._since(int(now) - RATE_SECONDS))
        return requests / max(span, 1.0)

    def _since(self, t: int) -> list[_Second]:
        return [one for one in self._seconds if one.t > t]


def _outcome(answered: AnsweredRecord) -> str | None:
    """Return the count of RequestCounts that a record without output belongs to."""
    error = answered.error
    if isinstance(error, RecordProblemError):
        return "failed" if error.is_failure else "rejected"
    if isinstance(error, RequestTimeoutError):
        return "timed_out"
    return None if error is None or error.is_refusal else "ended"


def _latencies(seconds: Iterable[_Second]) -> Latencies | None:
    buckets: Counter[int] = Counter()
    for second in seconds:
        buckets.update(second.buckets)
    if not buckets:
        return None
    total = buckets.total()
    ordered = sorted(buckets)
    ends = [*itertools.accumulate(buckets[bucket] for bucket in ordered)]

    def percentile(part: float) -> float:
        bucket = ordered[_bisect(ends, math.ceil(total * part))]
        return _SHORTEST * math.exp((bucket + 0.5) / _BUCKETS_PER_E)

    return Latencies(percentile(0.5), percentile(0.95), percentile(0.99))
