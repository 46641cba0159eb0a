"""A trial before a big run: some of the records scored, and what that says of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EngineEstimate:
    """How long all records would take on an engine with so many runners at once.

    ``seconds`` is None where the number of records is not known. ``is_same`` says that the trial's
    output there was byte for byte that of this machine, None where it was not scored there; ``error``
    is why it could not be.
    """

    engine: str
    runners: int
    seconds: float | None
    is_same: bool | None = None
    nodes: int | None = None
    error: str | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial has shown.

    ``is_spread``: the records were taken from all over the input, not from its beginning.
    ``record_seconds`` and ``start_seconds`` are the time for one record, and until the first one;
    ``memory`` the bytes of the runner, None where they are not known. ``bad`` counts records by what
    was wrong with them, ``total`` is about how many records the input has.
    """

    model: str
    job: str
    records: int
    is_spread: bool
    record_seconds: float
    start_seconds: float
    memory: int | None
    bad: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    engines: tuple[EngineEstimate, ...] = ()
