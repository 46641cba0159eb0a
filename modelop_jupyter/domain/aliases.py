"""Aliases: words that stand for a snapshot, such as ``churn@champion``, and their history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Alias:
    """A word that stands for a snapshot of a model, ``NAME@WORD``, until it is moved."""

    model: str
    word: str
    number: int
    moved: datetime
    moved_by: str | None = None

    @property
    def ref(self) -> str:
        """The reference that users write."""
        return f"{self.model}@{self.word}"


@dataclass(frozen=True, slots=True)
class AliasMove:
    """One change of an alias; ``number`` is None where it was taken away."""

    model: str
    word: str
    number: int | None
    moved: datetime
    moved_by: str | None = None
