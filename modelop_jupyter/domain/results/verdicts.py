"""Verdicts of thresholds and expectations on a metrics result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of one rule; ``passed`` is None if it is not decided, for the ``reason`` given
    (spec 13.21).

    ``rule`` is an expectation as it was written, or the name of a decision table; ``source`` is the
    asset that holds the table, empty for an expectation.
    """

    rule: str
    passed: bool | None
    reason: str = ""
    category: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Expectations:
    """The rules of ``--expect`` as written.

    ``against`` names the reference, and ``references`` holds the values of it that the rules use,
    so that a verdict does not change when the reference changes or is removed. ``is_strict`` counts a rule
    of a decision table that is not decided as one that failed.
    """

    rules: tuple[str, ...] = ()
    against: str | None = None
    references: Mapping[str, Any] = field(default_factory=dict)
    is_strict: bool = False


def overall(verdicts: Iterable[Verdict], *, is_strict: bool = False) -> bool | None:
    """Return whether a result passed: False if any rule failed, None if one is not decided.

    ``is_strict`` counts a rule that is not decided as one that failed.
    """
    answers = {verdict.passed for verdict in verdicts}
    if False in answers:
        return False
    if None in answers:
        return False if is_strict else None
    return True
