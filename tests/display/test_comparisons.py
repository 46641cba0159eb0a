"""A metric over time as blocks."""

from __future__ import annotations

from modelop_jupyter.display.blocks import Chart
from modelop_jupyter.display.comparisons import history
from modelop_jupyter.domain.results.comparisons import History, Measurement

from .samples import DONE


def chart_of(*values: float) -> Chart:
    measurements = tuple(Measurement(DONE, value) for value in values)
    (chart,) = (
        block
        for block in history(History("churn", "auc", measurements))
        if isinstance(block, Chart)
    )
    return chart


def test_a_metric_that_never_changes_is_in_the_middle_of_its_axis() -> None:
    """Otherwise the only tick beside it was a rounded number: 3 for 2.5."""
    assert (chart_of(2.5, 2.5).low, chart_of(2.5, 2.5).high) == (2.25, 2.75)
    assert (chart_of(0).low, chart_of(0).high) == (-1, 1)


def test_a_metric_that_changes_fills_its_axis() -> None:
    """Small differences are what is looked for."""
    assert (chart_of(0.81, 0.84).low, chart_of(0.81, 0.84).high) == (None, None)
