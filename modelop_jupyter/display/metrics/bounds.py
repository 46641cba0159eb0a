"""How much of a result goes into an output: a notebook's file keeps all that a cell shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    """Return a nested value with no more leaves than an output should have, and whether it was cut."""
    left = [_LEAVES]
    cut = [False]

    def walk(each: Any, depth: int) -> Any:
        if isinstance(each, (Mapping, list, tuple)) and each and (depth >= _DEPTH or left[0] <= 0):
            cut[0] = True
            return "…"
        if isinstance(each, Mapping):
            pairs = list(each.items())
            cut[0] |= len(pairs) > _ITEMS
            return {str(key): walk(item, depth + 1) for key, item in pairs[:_ITEMS]}
        if isinstance(each, (list, tuple)):
            cut[0] |= len(each) > _ITEMS
            return [walk(item, depth + 1) for item in each[:_ITEMS]]
        left[0] -= 1
        if isinstance(each, str) and len(each) > _LETTERS:
            cut[0] = True
            return each[:_LETTERS] + "…"
        return each

    return walk(value, 0), cut[0]
