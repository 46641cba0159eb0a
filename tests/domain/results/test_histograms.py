"""How the numbers of records are spread."""

from __future__ import annotations

import math

import pytest

from modelop_jupyter.domain.results.histograms import distributions


def test_every_number_field_that_varies_is_described() -> None:
    """Texts, truth values, constants and numbers that only count up have nothing to see."""
    records = [
        {"id": n, "score": n % 3 / 2, "text": "a", "flag": True, "same": 1} for n in range(9)
    ]

    assert [each.field for each in distributions(records)] == ["score"]


@pytest.mark.parametrize(
    ("values", "variation"),
    [([1.0, 3.0], 0.5), ([-1.0, -3.0], 0.5), ([-1.0, 1.0], math.inf), ([1e299, -1e298], math.inf)],
)
def test_variation_is_relative_to_the_mean(values: list[float], variation: float) -> None:
    """So that fields of other units compare; a mean of 0 has no such share."""
    (found,) = distributions({"x": value} for value in values)

    assert found.variation == variation
