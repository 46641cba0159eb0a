"""Compare and show what a function has answered, as values of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

# Sums in another order differ by less than this part of them.
_TOLERANCE = 1e-9
_LONGEST = 200


def shown(outputs: Iterable[Any]) -> str:
    """Return outputs as text, shortened."""
    text = ", ".join(json.dumps(value, ensure_ascii=False) for value in outputs)
    return (text if len(text) <= _LONGEST else text[:_LONGEST] + "…") or "no output"


def is_same(first: Any, other: Any) -> bool:
    """Say whether two values of JSON are equal, but for the rounding of numbers."""
    if isinstance(first, dict) and isinstance(other, dict):
        return first.keys() == other.keys() and all(
            is_same(value, other[key]) for key, value in first.items()
        )
    if isinstance(first, list) and isinstance(other, list):
        return len(first) == len(other) and all(map(is_same, first, other))
    if isinstance(first, bool) or isinstance(other, bool):
        return first is other
    if isinstance(first, (int, float)) and isinstance(other, (int, float)):
        return first == other or math.isclose(first, other, rel_tol=_TOLERANCE)
    return bool(first == other)


def agrees(value: Any, first: Any, again: Any) -> bool:
    """Say whether a value is that of two runs, wherever these two are the same.

    Where they differ, such as in a field of noise, any value agrees.
    """
    if is_same(value, first):
        return True
    if all(isinstance(one, dict) for one in (value, first, again)) and (
        value.keys() == first.keys() == again.keys()
    ):
        return all(agrees(value[key], first[key], again[key]) for key in first)
    if all(isinstance(one, list) for one in (value, first, again)) and (
        len(value) == len(first) == len(again)
    ):
        return all(map(agrees, value, first, again))
    return not is_same(first, again)
