"""Rate, total and time left, from the events that a runner writes."""

from __future__ import annotations

import pytest

from modelop_jupyter.jobs.pace import Pace


def paced(
    *looks: tuple[float, int, int], total: int | None = 1000, limit: int | None = None
) -> Pace:
    """Return the pace after some progress events ``(t, records_in, bytes)``."""
    pace = Pace(limit=limit)
    for moment, records, size in looks:
        pace.add({"t": moment, "records_in": records, "bytes": size, "total_bytes": total})
    return pace


def test_the_time_left_is_told_from_the_first_second() -> None:
    """Issue 5: bytes tell how many records there are, and how long they take."""
    pace = paced((0.0, 0, 0), (5.0, 1, 10), (5.5, 11, 110))

    assert (pace.rate, pace.total) == (20.0, 100)
    assert pace.seconds_left == pytest.approx(4.45)


def test_loading_the_model_does_not_slow_the_rate_down() -> None:
    """Nor does what an earlier runner had done make it faster."""
    pace = paced((0.0, 0, 0), (60.0, 500, 500), (61.0, 510, 510))

    assert pace.rate == 10.0


def test_the_last_seconds_count() -> None:
    """A model that gets slower is told of."""
    pace = paced(*((float(n), 100 * n + 1, n) for n in range(10)), (40.0, 904, 10), (60.0, 906, 11))

    assert pace.rate == pytest.approx(0.1)


@pytest.mark.parametrize("looks", [(), ((0.0, 0, 0),), ((0.0, 1, 10), (0.1, 2, 20))])
def test_nothing_is_said_before_there_is_something_to_say(
    looks: tuple[tuple[float, int, int], ...],
) -> None:
    """A tenth of a second is no base for a guess."""
    pace = paced(*looks)

    assert (pace.rate, pace.seconds_left) == (None, None)


def test_an_input_of_unknown_size_has_a_rate_alone() -> None:
    """Such as one that vanished."""
    pace = paced((0.0, 1, 10), (1.0, 11, 110), total=None)

    assert (pace.rate, pace.seconds_left, pace.total) == (10.0, None, None)


@pytest.mark.parametrize(
    ("limit", "size", "total", "left"),
    [
        (900, 900, 900, 4.0),
        (6000, 6000, 6000, 29.8),
        (9000, 6000, 6000, 29.8),
        (None, 6000, 6000, 29.8),
    ],
)
def test_a_limit_is_where_the_job_is_through(
    limit: int | None, size: int, total: int, left: float
) -> None:
    """Issue 12, F6: 900 of 6,000 records are all there is to do."""
    pace = paced((0.0, 0, 0), (1.0, 1, 1), (1.5, 100, 100), total=6000, limit=limit)

    assert (pace.total_bytes, pace.total) == (size, total)
    assert pace.seconds_left == pytest.approx(left, abs=0.1)
