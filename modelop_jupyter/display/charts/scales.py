"""Scales: ranges of values, round ticks, tick labels, and positions in pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

_MOST_STEPS = 6
_DAY = 86_400.0
_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0  # the years 1 to 9999


@dataclass(frozen=True, slots=True)
class Range:
    """The values an axis spans, and the places in pixels of its ends."""

    low: float
    high: float
    start: float = 0.0
    end: float = 1.0

    def place(self, value: float) -> float:
        """Return where a value stands."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def spanned(values: Iterable[float], *, zero: bool = False) -> tuple[float, float]:
    """Return a range that holds the values, widened to round ticks; ``zero`` if it must include 0."""
    known = [*values, *([0.0] if zero else [])]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if low == high:
        low, high = (min(low, 0.0), max(high, 0.0)) if low else (0.0, 1.0)
    if not math.isfinite(high - low) or low == high:
        return low, math.nextafter(high, math.inf)
    step = _step(low, high)
    # A tiny range far from zero has no round step that a float can hold.
    wide = min(low, math.floor(low / step) * step), max(high, math.ceil(high / step) * step)
    return wide if wide[0] < wide[1] else (low, high)


def steps(low: float, high: float) -> list[float]:
    """Return the round values between two values, at most six."""
    if not math.isfinite(high - low):
        return [low, high]
    step = _step(low, high)
    first, count = math.ceil(low / step - 1e-9), math.floor((high - low) / step + 1e-9)
    values = [(first + number) * step for number in range(min(count, _MOST_STEPS * 2) + 1)]
    return [value for value in values if low - step * 1e-6 <= value <= high + step * 1e-6]


def _step(low: float, high: float) -> float:
    rough = (high - low) / _MOST_STEPS or 5e-324
    power = 10.0 ** math.floor(math.log10(rough))
    if power == 0.0:
        return rough
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)


def moments(low: float, high: float) -> list[tuple[float, str]]:
    """Return evenly spaced times with their labels; seconds since 1970."""
    count = 4
    times = [low + (high - low) * number / (count - 1) for number in range(count)]
    form = "%Y-%m-%d" if high - low > 3 * _DAY else "%m-%d %H:%M"
    return [(time, moment(time).strftime(form)) for time in times]


def moment_text(seconds: float) -> str:
    """Return a time as it is written in a table."""
    text = moment(seconds).strftime("%Y-%m-%d %H:%M:%S")
    return text.removesuffix(" 00:00:00")


def moment(seconds: float) -> datetime:
    """Return a time in UTC; for one outside the range of ``datetime``, the nearest inside."""
    return datetime.fromtimestamp(min(max(seconds, _FIRST), _LAST), timezone.utc)


def short(value: float) -> str:
    """Return a number with four significant digits, ``12,345`` for large ones."""
    if 1000 <= abs(value) < 1e9 or (float(value).is_integer() and abs(value) < 1e9):
        return f"{value:,.0f}" if value else "0"
    return f"{value:.4g}"


def thinned(
    points: Sequence[tuple[float | str, float]], most: int
) -> Sequence[tuple[float | str, float]]:
    """Return at most so many points: the lowest and the highest of each interval, and both ends.

    Unlike every n-th point, this keeps peaks.
    """
    if len(points) <= most:
        return points
    inner, kept = len(points) - 2, [points[0]]
    stretches = max(1, (most - 2) // 2)
    for number in range(stretches):
        start, end = 1 + inner * number // stretches, 1 + inner * (number + 1) // stretches
        both = {
            min(range(start, end), key=lambda index: points[index][1]),
            max(range(start, end), key=lambda index: points[index][1]),
        }
        kept.extend(points[index] for index in sorted(both))
    return [*kept, points[-1]]
