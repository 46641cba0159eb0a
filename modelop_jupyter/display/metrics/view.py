"""What all metrics views share: the view itself, numbers, and limits on the size of an output."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.display.blocks import Block, Chart
from modelop_jupyter.display.charts import specification

Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MetricView:
    """One part of a metrics result: title, kind, and the blocks that show it."""

    title: str
    kind: str
    blocks: tuple[Block, ...]

    @property
    def charts(self) -> tuple[Chart, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Chart))

    @property
    def spec(self) -> dict[str, Any] | None:
        """The Vega-Lite v5 specification of the first chart, None if there is no chart."""
        return specification(self.charts[0]) if self.charts else None


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


def as_number(value: Any) -> float | None:
    """Return a finite float; None for a bool, an integer that is too large, and everything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def numbers(value: Any) -> dict[str, float] | None:
    """Return a dictionary of numbers without its nulls, None for anything else."""
    if not isinstance(value, Mapping) or not value:
        return None
    finite = {}
    for key, item in value.items():
        number = as_number(item)
        if number is None and item is not None:
            return None
        if number is not None:
            finite[str(key)] = number
    return finite or None


MAX_POINTS = 300
MAX_BARS = 30
MAX_SERIES = 8
MAX_TABLES = 8
MAX_VIEWS = 60
_LEAVES = 600
_DEPTH = 8
_ITEMS = 60
_LETTERS = 400


def pruned(value: Any) -> tuple[Any, bool]:
    """Return a nested value with a limited number of leaves, and whether something was cut."""
    left = [_LEAVES]
    cut = [False]

    def walk(node: Any, depth: int) -> Any:
        if isinstance(node, (Mapping, list, tuple)) and node and (depth >= _DEPTH or left[0] <= 0):
            cut[0] = True
            return "…"
        if isinstance(node, Mapping):
            pairs = list(node.items())
            cut[0] |= len(pairs) > _ITEMS
            return {str(key): walk(item, depth + 1) for key, item in pairs[:_ITEMS]}
        if isinstance(node, (list, tuple)):
            cut[0] |= len(node) > _ITEMS
            return [walk(item, depth + 1) for item in node[:_ITEMS]]
        left[0] -= 1
        if isinstance(node, str) and len(node) > _LETTERS:
            cut[0] = True
            return node[:_LETTERS] + "…"
        return node

    return walk(value, 0), cut[0]
