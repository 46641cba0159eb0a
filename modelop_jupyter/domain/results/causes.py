"""What made two jobs differ, found by putting their differences back one group at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelop_jupyter.domain.jobs import JobRecord


@dataclass(frozen=True, slots=True)
class Cause:
    """A group of changes that moves the result, each in words such as ``numpy 1.26.4 → 2.0.0``.

    ``moved`` says by how much each metric moves; for a batch it is empty, and ``records`` says how
    many records of the sample get another answer.
    """

    changes: tuple[str, ...]
    moved: Mapping[str, float]
    records: int = 0


@dataclass(frozen=True, slots=True)
class Causes:
    """Why the result of a job differs from that of another.

    ``others`` are the changes that move nothing. ``runs`` were made to find that, with ``sample``
    records of a batch, 0 for the whole dataset of a metrics function.
    """

    jobs: tuple[JobRecord, JobRecord]
    causes: tuple[Cause, ...]
    others: tuple[str, ...]
    runs: int
    sample: int
    seconds: float
