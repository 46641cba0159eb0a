"""The files that a runner leaves of a check, besides those of every job (``protocol.py``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A call of the score function: the record's index, its time, and where its output ends."""

    record: int
    seconds: float
    end: int


@dataclass(frozen=True, slots=True)
class CheckedCalls:
    """All calls of a check's run, in their order."""

    FILE: ClassVar = "calls.json"

    calls: tuple[CheckedCall, ...]


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """A record of the sample as the model gets it, with its index in the input."""

    record: int
    value: Any


@dataclass(frozen=True, slots=True)
class SampleRecords:
    """The records that are scored."""

    FILE: ClassVar = "sample.json"

    records: tuple[SampleRecord, ...]


@dataclass(frozen=True, slots=True)
class PlainGlobals:
    """The text of each of the model's globals that is a plain value, once it is initialised."""

    FILE: ClassVar = "globals.json"

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Observation:
    """Something outside of the model's folder that it has touched, and its line that did so.

    ``kind`` is ``read``, ``write``, ``host``, ``process``, ``variable``, ``thread``, ``path`` or
    ``input``.
    """

    kind: str
    what: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Observations:
    """What a model has touched; ``is_seen`` is false where its Python cannot see that (before 3.8)."""

    FILE: ClassVar = "observations.json"

    is_seen: bool
    observations: tuple[Observation, ...]
