"""Intervals and tests of paired results, against their definitions."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelop_jupyter.comparison.resampling import (
    Groups,
    Reservoir,
    delong,
    mcnemar,
    permutation_test,
)

# Each example draws a thousand times.
FEW = settings(max_examples=12)

pairs = st.tuples(st.integers(0, 12), st.integers(0, 12))
numbers = st.floats(-1e6, 1e6)


def mean_of_both(sums: list[float]) -> tuple[float, float]:
    return sums[1] / sums[0], sums[2] / sums[0]


def groups_of(rows: list[tuple[float, float]]) -> Groups:
    groups = Groups(3)
    for first, other in rows:
        groups.add(1, first, other)
    return groups


@given(only_first=st.integers(0, 60), only_other=st.integers(0, 60))
def test_mcnemar_is_the_two_sided_binomial_test(only_first: int, only_other: int) -> None:
    """By the definition: the outcomes that are at most as likely as the one that was seen."""
    count = only_first + only_other
    seen = math.comb(count, only_first)
    likely = sum(math.comb(count, k) for k in range(count + 1) if math.comb(count, k) <= seen)

    assert mcnemar(only_first, only_other) == pytest.approx(min(1.0, likely / 2**count))


@given(only_first=st.integers(0, 900), only_other=st.integers(0, 900))
def test_mcnemar_takes_no_side(only_first: int, only_other: int) -> None:
    """Exact and approximate: the order of the models changes nothing, and it is a probability."""
    value = mcnemar(only_first, only_other)

    assert value == mcnemar(only_other, only_first)
    assert 0 <= value <= 1


def test_mcnemar_is_continuous_where_it_becomes_approximate() -> None:
    """With a thousand deciding records it is exact, with one more it is not."""
    assert mcnemar(470, 530) == pytest.approx(mcnemar(470, 531), rel=0.1)


@FEW
@given(differences=st.lists(st.integers(-100, 100), min_size=1, max_size=8))
def test_the_permutation_test_is_near_the_share_of_all_turns_of_signs(
    differences: list[int],
) -> None:
    """By the definition: all ways to turn the signs, of which it draws some."""
    seen = abs(sum(differences))
    turned = [
        abs(sum(sign * one for sign, one in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    exact = sum(one >= seen for one in turned) / len(turned)

    assert permutation_test(list(map(float, differences))) == pytest.approx(exact, abs=0.07)


@FEW
@given(differences=st.lists(numbers, max_size=50))
def test_the_permutation_test_takes_no_side(differences: list[float]) -> None:
    """The order of the models changes nothing, and no difference is no evidence."""
    value = permutation_test(differences)

    assert value == permutation_test([-one for one in differences])
    assert 0 < value <= 1
    assert permutation_test([0.0 for _ in differences]) == 1


@given(
    positives=st.lists(pairs, min_size=2, max_size=30),
    negatives=st.lists(pairs, min_size=2, max_size=30),
)
def test_an_auc_is_the_share_of_pairs_in_the_right_order(
    positives: list[tuple[int, int]], negatives: list[tuple[int, int]]
) -> None:
    """By the definition, with ties counted half."""
    found = delong(positives, negatives)

    for model, estimate in ((0, found.first), (1, found.other)):
        wins = [
            0.5 if high[model] == low[model] else float(high[model] > low[model])
            for high, low in product(positives, negatives)
        ]
        assert estimate.value == pytest.approx(sum(wins) / len(wins))
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert found.difference.value == pytest.approx(found.other.value - found.first.value)
    assert 0 <= found.p_value <= 1


def test_models_with_the_same_scores_have_the_same_auc() -> None:
    """Eight of nine pairs are in the right order, and nothing speaks for a difference."""
    positives, negatives = (
        [(0.9, 0.9), (0.4, 0.4), (0.3, 0.3)],
        [(0.1, 0.1), (0.35, 0.35), (0.2, 0.2)],
    )
    found = delong(positives, negatives)

    assert found.first.value == pytest.approx(8 / 9)
    assert (found.difference.value, found.p_value) == (0, 1)


@FEW
@given(rows=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=40))
def test_an_interval_holds_its_value_and_comes_again(rows: list[tuple[float, float]]) -> None:
    """The seed is fixed: the same records give the same interval."""
    estimates = groups_of(rows).estimates(mean_of_both)

    for estimate in estimates:
        assert estimate.low <= estimate.value <= estimate.high
    assert estimates[0].value == pytest.approx(sum(row[0] for row in rows) / len(rows))
    assert estimates == groups_of(rows).estimates(mean_of_both)


def test_intervals_of_many_records_are_as_wide_as_theory_says() -> None:
    """Twenty thousand records in a thousand groups: 1.96 standard errors on either side of the mean."""
    rows = [(float(n % 2), float(n % 4 == 0)) for n in range(20_000)]
    first, other, difference = groups_of(rows).estimates(mean_of_both)

    for estimate, deviation in ((first, 0.5), (other, math.sqrt(3) / 4)):
        width = (estimate.high - estimate.low) / 2
        assert width == pytest.approx(1.96 * deviation / math.sqrt(20_000), rel=0.15)
    assert difference.value == pytest.approx(-0.25)


def test_a_reservoir_keeps_a_fair_sample_of_a_fixed_size() -> None:
    """Of ten thousand numbers, a hundred; early and late ones are as likely."""
    reservoir = Reservoir(2, 100)
    for number in range(10_000):
        reservoir.add(number, -number)
    rows = list(reservoir.rows())

    assert (reservoir.count, len(rows)) == (10_000, 100)
    assert all(first == -other for first, other in rows)
    assert sum(first for first, _ in rows) / 100 == pytest.approx(5_000, rel=0.2)
