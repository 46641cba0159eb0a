"""A few records with what a model gave for them, by which another machine is compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.domain.wire import OPTIONAL


@dataclass(frozen=True, slots=True)
class ExpectedRecord:
    """A record and its outputs; ``again`` are those of a second run, where they were others."""

    value: Any
    outputs: tuple[Any, ...]
    again: tuple[Any, ...] | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class VerificationSample:
    """The first records of a check's sample, which has a ``name`` such as ``customers.json``."""

    name: str
    records: tuple[ExpectedRecord, ...]


@dataclass(frozen=True, slots=True)
class RecordDifference:
    """The first record with another output than expected; all three are texts."""

    record: str
    expected: str
    here: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of `run --verify`: whether this machine gives what the sample says."""

    ref: str
    sample: str
    records: int
    difference: RecordDifference | None = None

    @property
    def is_same(self) -> bool:
        """Whether every record has the expected output."""
        return self.difference is None

    @property
    def is_failure(self) -> bool:
        """Whether a command that returns it has failed."""
        return not self.is_same
