"""Jobs side by side: what was asked for, what came out, and in one sentence why that differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.requirement_reports import VersionChange
from modelop_jupyter.domain.sentences import listed

# What a job was given, in the order in which one thing leads to the next; the rest is what came out.
CAUSES = (
    "kind",
    "source",
    "assets",
    "functions",
    "packages",
    "python",
    "parameters",
    "input",
    "records taken",
)


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing told of every job; ``is_same`` where it is equal in all."""

    what: str
    values: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return len(set(self.values)) == 1


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A number of the results by its path, None where a job has none of it."""

    path: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record that came out otherwise; ``moved`` is by how much its numbers did, at the most."""

    index: int
    before: Any
    after: Any
    moved: float | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """How a number of the records moved: in how many, by how much on average and at the most."""

    field: str
    count: int
    mean: float
    most: float


@dataclass(frozen=True, slots=True)
class OutputChanges:
    """Two outputs record by record; ``movers`` are the biggest changes first.

    ``is_aligned`` says that records were paired by the input's, past those that failed; else by
    their place in the output. ``reason`` says why they could not be read.
    """

    job: str
    same: int = 0
    changed: int = 0
    only_before: int = 0
    only_after: int = 0
    movers: tuple[RecordChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    is_aligned: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `compare` tells; the first job is what the others are compared with.

    ``source`` and ``packages`` are the changes from the first job to the last.
    """

    sentence: str
    jobs: tuple[JobRecord, ...]
    aspects: tuple[Aspect, ...]
    metrics: tuple[MetricRow, ...] = ()
    results: tuple[Any, ...] = ()
    outputs: tuple[OutputChanges, ...] = ()
    changes: tuple[str, ...] = ()
    packages: tuple[VersionChange, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A metric as one job had it; ``is_removed`` is one that was cleared away since."""

    job: JobRecord
    value: float
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What `history` tells: a metric of a model over its jobs, oldest first.

    ``left_out`` says of jobs whose result cannot be read any more that it is so.
    """

    model: str
    metric: str
    measurements: tuple[Measurement, ...]
    left_out: tuple[str, ...] = ()


def sentence_of(
    aspects: Sequence[Aspect], metrics: Sequence[MetricRow], outputs: Sequence[OutputChanges]
) -> str:
    """Say in one sentence whether the results differ, and what may be the reason."""
    differing = [each.what for each in aspects if each.what in CAUSES and not each.is_same]
    unknown = [
        each.what
        for each in aspects
        if each.what in CAUSES and any("not known" in x for x in each.values)
    ]
    differing = [each for each in differing if each not in unknown]
    moved = [row.path for row in metrics if len(set(row.values)) > 1]
    changed = any(each.changed or each.only_before or each.only_after for each in outputs)
    ended = any(
        each.what in ("status", "records", "output") and not each.is_same for each in aspects
    )
    results_differ = bool(moved or changed or ended)
    if not differing:
        if not results_differ:
            return "Nothing differs: the same was asked for, and the same came out."
        if unknown:
            return f"The results differ; of the {listed(unknown)} it is not known whether it does."
        return (
            "The results differ, though source, assets, packages, parameters and input are the same:"
            " the model draws random numbers, or takes something from outside."
        )
    what = listed(differing)
    if not results_differ:
        return f"The results are the same. Of what was given, this differs: {what}."
    return f"The results differ. Of what was given, this differs: {what}; all else is the same."
