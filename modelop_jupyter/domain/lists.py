"""Lists as verbs return them and as they are paged, whatever their rows are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Listing:
    """The result of a verb that lists; ``nothing`` is the text to show if there are no rows.

    ``more`` says how many rows were left out and how to see them, empty if all are there.
    """

    rows: tuple[Any, ...]
    nothing: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows from ``offset`` on; ``total`` is how many there are in the whole list."""

    rows: tuple[Any, ...]
    offset: int
    total: int
