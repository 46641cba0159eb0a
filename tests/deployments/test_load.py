"""What is said of a deployment's load."""

from __future__ import annotations

import random

import pytest

from modelop_jupyter.deployments.errors import (
    QueueFullError,
    RecordProblemError,
    ReplicaEndedError,
    RequestError,
    RequestTimeoutError,
)
from modelop_jupyter.deployments.load import LoadMeter
from modelop_jupyter.deployments.scoring import AnsweredRecord
from modelop_jupyter.domain.deployments import RequestCounts


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(clock: Clock) -> LoadMeter:
    return LoadMeter(clock)


def test_a_percentile_is_within_one_percent(meter: LoadMeter) -> None:
    chance = random.Random(1)
    seconds = [chance.lognormvariate(-6, 1.5) for _ in range(10_000)]
    for one in seconds:
        meter.count_request(200, one)
    ordered = sorted(seconds)

    found = meter.report().latencies

    assert found is not None
    assert (found.p50, found.p95, found.p99) == pytest.approx(
        (ordered[4999], ordered[9499], ordered[9899]), rel=0.0101
    )


def test_latencies_are_those_of_the_last_minute(meter: LoadMeter, clock: Clock) -> None:
    meter.count_request(200, 9.0)
    clock.now += 60
    meter.count_request(200, 0.001)

    found = meter.report()

    assert found.latencies is not None
    assert found.latencies.p99 == pytest.approx(0.001, rel=0.02)
    clock.now += 60
    assert meter.report().latencies is None


def test_the_rate_is_that_of_the_last_ten_seconds(meter: LoadMeter, clock: Clock) -> None:
    for _ in range(30):
        clock.now += 0.5
        meter.count_request(200, 0.001)
    clock.now += 0.5

    assert meter.report().rate == pytest.approx(2.0, rel=0.1)
    clock.now += 10
    assert meter.report().rate == 0


def test_each_second_with_requests_is_reported(meter: LoadMeter, clock: Clock) -> None:
    for status in (200, 422, 500):
        meter.count_request(status, 0.1)
    clock.now += 2.5
    meter.count_request(200, 0.2)

    first, second = meter.report().seconds

    assert (first.t, first.requests, first.bad) == (1000, 3, 2)
    assert (second.t, second.requests, second.bad) == (1002, 1, 0)
    assert second.latencies is not None
    assert second.latencies.p50 == pytest.approx(0.2, rel=0.02)


def test_only_two_minutes_are_kept(meter: LoadMeter, clock: Clock) -> None:
    for _ in range(500):
        meter.count_request(200, 0.1)
        clock.now += 1

    assert [one.t for one in meter.report().seconds] == [*range(1381, 1500)]


def test_a_clock_that_is_put_back_loses_no_request(meter: LoadMeter, clock: Clock) -> None:
    meter.count_request(200, 0.1)
    clock.now -= 5
    meter.count_request(200, 0.1)

    assert [(one.t, one.requests) for one in meter.report().seconds] == [(1000, 2)]


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (None, RequestCounts(records=1, scored=1)),
        (RecordProblemError("input schema", "", None, None), RequestCounts(records=1, rejected=1)),
        (RecordProblemError("model", "", None, None), RequestCounts(records=1, failed=1)),
        (RequestTimeoutError(5, was_begun=True), RequestCounts(records=1, timed_out=1)),
        (ReplicaEndedError(7), RequestCounts(records=1, ended=1)),
        (QueueFullError(3), RequestCounts()),
    ],
)
def test_a_record_counts_as_what_it_got(
    meter: LoadMeter, error: RequestError | None, counted: RequestCounts
) -> None:
    meter.count_record(AnsweredRecord(0, b"1", (), error, 0.1))

    assert meter.report().counts == counted


def test_a_request_that_no_replica_was_asked_for_is_refused(meter: LoadMeter) -> None:
    meter.count_request(413, 0.1, is_refused=True)

    assert meter.report().counts == RequestCounts(requests=1, refused=1)


def test_a_latency_below_and_above_all_bounds_counts(meter: LoadMeter) -> None:
    meter.count_request(200, 0.0)
    meter.count_request(200, 4000.0)

    assert (meter.latency_counts[0], meter.latency_counts[-1]) == (1, 1)
    assert meter.latency_sum == 4000.0
