"""Views of flat key metrics: numbers as figures, other values in a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Block, Cell, Facts, Figures, Span, Table
from modelop_jupyter.display.charts.scales import short
from modelop_jupyter.display.metrics.view import MetricView, as_number, pruned

_FIGURES = 12
# What monitors put where a test of theirs could not be made (spec 3.4).
_SENTINELS = (-99, 99)


def key_metrics(plain: Mapping[str, Any]) -> list[MetricView]:
    """Show the top-level values: up to a dozen numbers as figures, all others in a table."""
    if not plain:
        return []
    figures = [(key, value) for key, value in plain.items() if as_number(value) is not None]
    shown = dict(figures[:_FIGURES])
    blocks: list[Block] = []
    if shown:
        blocks.append(Figures(tuple((key, figure(value)) for key, value in shown.items())))
    rest = {key: value for key, value in plain.items() if key not in shown}
    if figures[_FIGURES:]:
        rows = tuple((key, figure(value)) for key, value in figures[_FIGURES:])
        blocks.append(Table(("metric", "value"), rows, "further metrics", numeric=frozenset({1})))
        rest = {key: value for key, value in rest.items() if as_number(value) is None}
    if rest:
        cut = pruned(rest)[0]
        blocks.append(Facts(tuple((key, formatting.value(value)) for key, value in cut.items())))
    return [MetricView("key metrics", "figures", tuple(blocks))]


def figure(value: Any) -> Cell:
    """Return a number as text; -99 and 99 stand for a missing value."""
    number = as_number(value)
    if number is None:
        return formatting.value(value)
    return Span(short(number), "muted") if number in _SENTINELS else short(number)
