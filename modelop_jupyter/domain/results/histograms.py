"""Histograms of the numeric fields of a sample of records."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_BARS = 12


@dataclass(frozen=True, slots=True)
class Distribution:
    """The histogram of a field: ``bars`` are pairs of a label and a count of the ``sampled`` records.

    ``variation`` is the coefficient of variation: the standard deviation as a share of the mean's
    size, infinite for a mean of 0.
    """

    field: str
    bars: tuple[tuple[str, int], ...]
    sampled: int
    low: float
    high: float
    mean: float
    variation: float


def distributions(records: Iterable[Any]) -> tuple[Distribution, ...]:
    """Return the histogram of each top-level numeric field; fields that only count up, such as ids,
    are left out."""
    columns: dict[str, list[float]] = {}
    for record in records:
        pairs = record.items() if isinstance(record, Mapping) else [("value", record)]
        for key, value in pairs:
            if (
                isinstance(value, (int, float))
                and not isinstance(value, bool)
                and abs(value) < 1e300
            ):
                columns.setdefault(str(key), []).append(value)
    return tuple(
        distribution_of(field, values)
        for field, values in columns.items()
        if len(set(values)) > 1 and not _counts_up(values)
    )


def _counts_up(values: list[float]) -> bool:
    return all(isinstance(number, int) for number in values) and all(
        a < b for a, b in pairwise(values)
    )


def distribution_of(field: str, values: Sequence[float]) -> Distribution:
    """Return the histogram of numbers, of which there is one at least."""
    low, high = min(values), max(values)
    bars = _each_value(values) if len(set(values)) <= _BARS else _binned(values, low, high)
    mean = math.fsum(values) / len(values)
    # By hand: statistics.pstdev is exact, and takes a millisecond a field for that.
    deviation = math.sqrt(
        math.fsum((number - mean) * (number - mean) for number in values) / len(values)
    )
    variation = deviation / abs(mean) if mean else math.inf
    return Distribution(field, tuple(bars), len(values), low, high, mean, variation)


def _each_value(values: Sequence[float]) -> list[tuple[str, int]]:
    # 1 and 1.0 are one value.
    return [(f"{value:.4g}", count) for value, count in sorted(Counter(map(float, values)).items())]


def _binned(values: Sequence[float], low: float, high: float) -> list[tuple[str, int]]:
    width = (high - low) / _BARS or math.inf
    counts = Counter(min(_BARS - 1, int((value - low) / width)) for value in values)
    return [(_label(low + number * width, width), counts[number]) for number in range(_BARS)]


def _label(value: float, width: float) -> str:
    """Return the lower bound of a bar with as many digits as distinguish it from the next."""
    if not 1e-4 < width < 1e9:
        return f"{value:.3g}"
    return f"{value:.{max(0, 1 - math.floor(math.log10(width)))}f}"
