"""Aliases: words that stand for a snapshot, such as ``churn@champion``, and their history."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from modelop_jupyter.errors import InvalidError

WORD_PATTERN = "[A-Za-z][A-Za-z0-9_-]{0,63}"
_WORD = re.compile(WORD_PATTERN)


def is_alias_word(text: str) -> bool:
    """Return whether a text can be an alias."""
    return _WORD.fullmatch(text) is not None


def alias_word(text: str) -> str:
    """Return an alias as it is kept, in lower case; raises :class:`InvalidError` for another text."""
    if not is_alias_word(text):
        raise InvalidError(
            f"{text!r} cannot be an alias: it is a word of letters, digits, '_' and '-' that starts"
            " with a letter",
            "Write one such as champion",
        )
    return text.lower()


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
