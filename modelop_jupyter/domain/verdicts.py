"""Verdicts: what thresholds and expectations say of a metrics result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says; ``passed`` is None where it is not decided, and ``reason`` says why (13.21).

    ``rule`` is an expectation as it was written, or the name of a decision table; ``source`` is the
    asset that holds the table, empty for an expectation.
    """

    rule: str
    passed: bool | None
    reason: str = ""
    category: str = ""
    source: str = ""


def overall(verdicts: Iterable[Verdict], *, is_strict: bool = False) -> bool | None:
    """Return whether a result passed: False if any rule failed, None if one is not decided.

    ``is_strict`` counts a rule that is not decided as one that failed.
    """
    answers = {each.passed for each in verdicts}
    if False in answers:
        return False
    if None in answers:
        return False if is_strict else None
    return True
