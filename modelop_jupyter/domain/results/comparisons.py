"""The results of ``compare``, ``history`` and ``diff``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.requirements.changes import VersionChange
from modelop_jupyter.domain.results.metric_paths import is_point
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.domain.wire import OPTIONAL

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
    """One property of all compared jobs, such as ``packages``; ``is_same`` if it is equal in all."""

    what: str
    values: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return len(set(self.values)) == 1


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A number of the results by its path; None for a job whose result lacks it."""

    path: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class RecordChange:
    """An output record that differs; ``moved`` is the largest difference of its numbers, if any.

    ``record`` is the input record that it belongs to and ``key`` what that is called, where known.
    """

    index: int
    before: Any
    after: Any
    moved: float | None = None
    key: Any = field(default=None, metadata=OPTIONAL)
    record: Any = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """How one numeric field differs: in how many records, by how much on average and at most."""

    field: str
    count: int
    mean: float
    most: float


@dataclass(frozen=True, slots=True)
class OutputChanges:
    """Two outputs compared record by record; ``movers`` are the records that differ most, largest first.

    ``is_aligned`` is true if output records were paired by the input records they came from, and
    false if by position. ``reason`` says why the outputs could not be read.
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
    """The result of `compare`; the others are compared with the first job.

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
    """The value of a metric in one job; ``is_removed`` if that job has been removed since."""

    job: JobRecord
    value: float
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """The result of `history`: a metric of a model over its jobs, oldest first.

    ``left_out`` has a sentence for each job whose result can no longer be read.
    """

    model: str
    metric: str
    measurements: tuple[Measurement, ...]
    left_out: tuple[str, ...] = ()


# Of more numbers only these are kept, those that differ first.
_MOST_METRICS = 500


def metric_rows(numbers: Sequence[Mapping[str, float]]) -> tuple[MetricRow, ...]:
    """Return a row for each number; the first 500, those that differ first, where there are more."""
    # The points of a graph are compared by the graphs that are laid over one another.
    paths = [
        path
        for path in dict.fromkeys(path for metrics in numbers for path in metrics)
        if not is_point(path)
    ]
    rows = [MetricRow(path, tuple(metrics.get(path) for metrics in numbers)) for path in paths]
    if len(rows) > _MOST_METRICS:
        rows.sort(key=lambda row: len(set(row.values)) == 1)
    return tuple(rows[:_MOST_METRICS])


def sentence_of(
    aspects: Sequence[Aspect], metrics: Sequence[MetricRow], outputs: Sequence[OutputChanges]
) -> str:
    """Return one sentence: whether the results differ, and the possible reasons."""
    differing = [aspect.what for aspect in aspects if aspect.what in CAUSES and not aspect.is_same]
    unknown = [
        aspect.what
        for aspect in aspects
        if aspect.what in CAUSES and any("not known" in x for x in aspect.values)
    ]
    differing = [aspect for aspect in differing if aspect not in unknown]
    moved = [row.path for row in metrics if len(set(row.values)) > 1]
    changed = any(output.changed or output.only_before or output.only_after for output in outputs)
    ended = any(
        aspect.what in ("status", "records", "output") and not aspect.is_same for aspect in aspects
    )
    results_differ = bool(moved or changed or ended)
    if not differing:
        if not results_differ:
            return "Nothing differs: the plans and the results are the same."
        if unknown:
            return f"The results differ; of the {listed(unknown)} it is not known whether it does."
        return (
            "The results differ, though source, assets, packages, parameters and input are the same:"
            " the model draws random numbers, or depends on something outside of them."
        )
    what = listed(differing)
    if not results_differ:
        return f"The results are the same, although these differ: {what}."
    return f"The results differ. Possible causes: {what}; everything else is the same."


NOT_LOCKED = "not locked yet"


@dataclass(frozen=True, slots=True)
class AssetChange:
    """A file that differs or that only one side has; both primary sources count as the same file.

    ``text`` is the unified diff of a small text file, ``before_text`` and ``after_text`` are its two
    texts, with credentials masked; a side without the file has an empty one.
    """

    path: str
    before: Asset | None
    after: Asset | None
    text: str = ""
    before_text: str | None = field(default=None, metadata=OPTIONAL)
    after_text: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class ModelDiff:
    """The result of `diff`; ``changes`` are sentences, ``packages`` those that differ between the locks.

    ``jobs`` are the last metrics jobs of the two that succeeded, None for a side without one; ``metrics``
    are the numbers of their results.
    """

    before: str
    after: str
    sentence: str
    aspects: tuple[Aspect, ...]
    changes: tuple[str, ...] = ()
    assets: tuple[AssetChange, ...] = ()
    packages: tuple[VersionChange, ...] = ()
    metrics: tuple[MetricRow, ...] = field(default=(), metadata=OPTIONAL)
    jobs: tuple[JobRecord | None, ...] = field(default=(), metadata=OPTIONAL)

    @property
    def is_equal(self) -> bool:
        return all(aspect.is_same for aspect in self.aspects)


def difference_sentence(before: str, after: str, aspects: Sequence[Aspect]) -> str:
    """Return one sentence: in what the two differ. What only one side knows is not a difference."""
    others = [aspect for aspect in aspects if not aspect.is_same]
    unknown = [aspect for aspect in others if NOT_LOCKED in aspect.values]
    differing = [aspect.what for aspect in others if aspect not in unknown]
    sentence = f"{before} and {after} differ in {listed(differing)}; everything else is the same"
    if not differing:
        sentence = f"Nothing differs: {before} and {after} are the same"
    if not unknown:
        return f"{sentence}."
    open_one = after if unknown[0].values[1] == NOT_LOCKED else before
    return f"{sentence}. Of the {unknown[0].what} it is not known: {open_one} is {NOT_LOCKED}."
