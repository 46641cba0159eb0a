"""One page of a list that may be long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Page:
    """Rows from ``offset`` on; ``total`` is how many there are in the whole list."""

    rows: tuple[Any, ...]
    offset: int
    total: int
