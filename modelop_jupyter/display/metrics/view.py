"""What the shapes have in common: a view, and what counts as a number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.display.blocks import Block, Chart
from modelop_jupyter.display.drawing import specification

Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MetricView:
    """One part of a metrics result: its title, what kind of thing it is, and what shows it."""

    title: str
    kind: str
    blocks: tuple[Block, ...]

    @property
    def charts(self) -> tuple[Chart, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Chart))

    @property
    def spec(self) -> dict[str, Any] | None:
        """The Vega-Lite v5 specification of its first chart, None where a table says it better."""
        return specification(self.charts[0]) if self.charts else None


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


def as_number(value: Any) -> float | None:
    """Return a number that can be drawn; a truth value is none, and neither is an integer too large."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def numbers(value: Any) -> dict[str, float] | None:
    """Return a dictionary of numbers, None where it is anything else; nulls are left out."""
    if not isinstance(value, Mapping) or not value:
        return None
    found = {}
    for key, item in value.items():
        number = as_number(item)
        if number is None and item is not None:
            return None
        if number is not None:
            found[str(key)] = number
    return found or None
