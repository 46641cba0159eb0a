"""Confidence intervals and tests of paired results, in bounded memory and with a fixed seed.

A bootstrap draws groups of records anew. Up to a thousand records each one is a group of its own, which
is the ordinary bootstrap; more are put into a thousand groups at random, whose sums are all that is kept.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import mul
from random import Random
from statistics import covariance

from modelop_jupyter.domain.results.challenges import Estimate

_SEED = 20_240_131
_GROUPS = 1_000
_RESAMPLES = 1_000
_PERMUTATIONS = 2_000
_LEVEL = 0.95
_NORMAL = 1.959963984540054
_EXACT = 1_000
# Rounding, by which sums of the same numbers in another order differ.
_TOLERANCE = 1 - 1e-12


class Groups:
    """Sums over records, each of ``width`` numbers, kept for each group of records."""

    def __init__(self, width: int) -> None:
        self.count = 0
        self._sums = [array("d") for _ in range(width)]
        self._random = Random(_SEED)  # noqa: S311 - repeatable, and no secret

    def add(self, *values: float) -> None:
        """Add the numbers of one record."""
        is_own = self.count < _GROUPS
        place = self.count if is_own else self._random.randrange(_GROUPS)
        self.count += 1
        for sums, value in zip(self._sums, values, strict=True):
            if is_own:
                sums.append(value)
            else:
                sums[place] += value

    def totals(self) -> list[float]:
        """Return the sums over all records."""
        return [math.fsum(sums) for sums in self._sums]

    def differences(self, first: int, other: int) -> list[float]:
        """Return, for each group, by how much the sum of one number is above that of another."""
        return [one - two for one, two in zip(self._sums[other], self._sums[first], strict=True)]

    def estimates(
        self, statistic: Callable[[Sequence[float]], tuple[float, float]]
    ) -> tuple[Estimate, Estimate, Estimate]:
        """Return the statistic of both models and their difference, with intervals by bootstrap.

        ``statistic`` makes the two values of the sums.
        """
        drawn = [statistic(sums) for sums in self._resampled()]
        first, other = statistic(self.totals())
        return (
            _estimate(first, [pair[0] for pair in drawn]),
            _estimate(other, [pair[1] for pair in drawn]),
            _estimate(other - first, [pair[1] - pair[0] for pair in drawn]),
        )

    def _resampled(self) -> Iterator[list[float]]:
        random, size = Random(_SEED), len(self._sums[0])  # noqa: S311
        for _ in range(_RESAMPLES):
            places = random.choices(range(size), k=size)
            yield [sum(map(sums.__getitem__, places)) for sums in self._sums]


def _estimate(value: float, drawn: list[float]) -> Estimate:
    drawn.sort()
    cut = (1 - _LEVEL) / 2 * (len(drawn) - 1)
    low, high = drawn[math.floor(cut)], drawn[math.ceil(len(drawn) - 1 - cut)]
    return Estimate(value, min(low, value), max(high, value))


def mcnemar(only_first: int, only_other: int) -> float:
    """Return the p-value of McNemar's test: ``only_first`` are records that only the first has right.

    It is exact (binomial) up to a thousand such records, by chi-squared with continuity correction above.
    """
    count, least = only_first + only_other, min(only_first, only_other)
    if count <= _EXACT:
        tail = sum(math.comb(count, k) for k in range(least + 1))
        return min(1.0, float(Fraction(2 * tail, 2**count)))
    deviation = max(0, abs(only_first - only_other) - 1) / math.sqrt(count)
    return math.erfc(deviation / math.sqrt(2))


def permutation_test(differences: Sequence[float]) -> float:
    """Return the p-value of a paired permutation test, which turns signs of differences at random.

    It is the share of these draws whose sum is as far from 0 as that of the differences.
    """
    random, observed = Random(_SEED), abs(math.fsum(differences)) * _TOLERANCE  # noqa: S311
    if not any(differences):
        return 1.0
    extreme = 0
    for _ in range(_PERMUTATIONS):
        signs = random.choices((1, -1), k=len(differences))
        extreme += abs(sum(map(mul, differences, signs))) >= observed
    return (1 + extreme) / (1 + _PERMUTATIONS)


@dataclass(frozen=True, slots=True)
class AucComparison:
    """The areas under the ROC curves of two models over the same records, and how they compare."""

    first: Estimate
    other: Estimate
    difference: Estimate
    p_value: float


def delong(
    positives: Sequence[tuple[float, float]], negatives: Sequence[tuple[float, float]]
) -> AucComparison:
    """Compare two AUCs by DeLong's method; each record is the scores of both models.

    There must be two records at least of each class.
    """
    above, below, areas = [], [], []
    for model in (0, 1):
        high = [pair[model] for pair in positives]
        low = [pair[model] for pair in negatives]
        above.append(_shares_below(high, sorted(low)))
        below.append([1 - share for share in _shares_below(low, sorted(high))])
        areas.append(math.fsum(above[model]) / len(high))

    def covariances(one: int, two: int) -> float:
        of_positives = covariance(above[one], above[two]) / len(positives)
        return max(0.0, of_positives + covariance(below[one], below[two]) / len(negatives))

    variances = covariances(0, 0), covariances(1, 1)
    deviation = math.sqrt(max(0.0, sum(variances) - 2 * _signed(above, below)))
    difference = areas[1] - areas[0]
    first, other = (
        _around(area, math.sqrt(variance), 0.0, 1.0)
        for area, variance in zip(areas, variances, strict=True)
    )
    return AucComparison(
        first, other, _around(difference, deviation, -1.0, 1.0), _two_sided(difference, deviation)
    )


def _signed(above: Sequence[Sequence[float]], below: Sequence[Sequence[float]]) -> float:
    """Return the covariance of two AUCs, which may be below 0."""
    return covariance(*above) / len(above[0]) + covariance(*below) / len(below[0])


def _shares_below(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """Return, for each value, which share of the sorted others is below it; equal ones count half."""
    whole = 2 * len(others)
    return [(bisect_left(others, one) + bisect_right(others, one)) / whole for one in values]


def _around(value: float, deviation: float, least: float, most: float) -> Estimate:
    margin = _NORMAL * deviation
    return Estimate(value, max(least, value - margin), min(most, value + margin))


def _two_sided(difference: float, deviation: float) -> float:
    if not deviation:
        return 0.0 if difference else 1.0
    return math.erfc(abs(difference) / deviation / math.sqrt(2))


class Reservoir:
    """A sample of numbers in rows of ``width``, drawn from all that are added, each as likely."""

    def __init__(self, width: int, most: int) -> None:
        self.count = 0
        self._columns = [array("d") for _ in range(width)]
        self._most = most
        self._random = Random(_SEED)  # noqa: S311

    def add(self, *row: float) -> None:
        """Add a row, or put it in the place of another."""
        self.count += 1
        if self.count <= self._most:
            for column, value in zip(self._columns, row, strict=True):
                column.append(value)
            return
        place = self._random.randrange(self.count)
        if place < self._most:
            for column, value in zip(self._columns, row, strict=True):
                column[place] = value

    def column(self, number: int) -> array[float]:
        """Return the numbers of a column."""
        return self._columns[number]

    def rows(self) -> Iterator[tuple[float, ...]]:
        """Yield the rows."""
        return zip(*self._columns, strict=True)
