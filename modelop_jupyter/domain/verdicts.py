"""Verdicts: what thresholds and expectations say of a metrics result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says; ``passed`` is None where it could not be applied, and ``reason`` says why.

    ``rule`` is an expectation as it was written, or the name of a decision table; ``source`` is the
    asset that holds the table, empty for an expectation.
    """

    rule: str
    passed: bool | None
    reason: str = ""
    category: str = ""
    source: str = ""


def all_passed(verdicts: Iterable[Verdict]) -> bool:
    """Say whether every rule was applied and none failed."""
    return all(each.passed is True for each in verdicts)
