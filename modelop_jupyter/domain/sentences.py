"""Join words to a list in a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str], *, word: str = "and") -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``."""
    return f" {word} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
