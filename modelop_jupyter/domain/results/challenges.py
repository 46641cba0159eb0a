"""The result of ``challenge``: two snapshots, champion and challenger, over the same records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from modelop_jupyter.domain.requirements.changes import VersionChange
from modelop_jupyter.domain.results.comparisons import FieldChange, RecordChange
from modelop_jupyter.domain.results.histograms import Distribution
from modelop_jupyter.domain.results.verdicts import Verdict, overall
from modelop_jupyter.domain.wire import OPTIONAL


@dataclass(frozen=True, slots=True)
class ChallengeStep:
    """How far a challenge of ``name`` is: the records that champion and challenger have taken.

    ``total`` is the number of all records.
    """

    name: str
    champion: int
    challenger: int
    total: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that was measured, and its confidence interval of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedMetric:
    """A metric of both models over the same labelled records.

    ``difference`` is the challenger's minus the champion's. ``p_value`` is how likely a difference as
    large as this is where the models are equally good, by the ``test`` that is named. ``sampled`` are
    the records it was computed of.
    """

    name: str
    champion: Estimate
    challenger: Estimate
    difference: Estimate
    p_value: float
    test: str
    sampled: int

    @property
    def is_less_better(self) -> bool:
        """Whether it is an error, which is better the smaller it is."""
        return self.name in ("mae", "rmse")


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """What two models did in the records with one value of a column.

    ``agreement`` is the share of equal outputs, None where no record has both. ``mean_change`` is that
    of the compared field. ``champion`` and ``challenger`` are the values of ``metric``, None without
    labels. A ``value`` of None stands for all values beyond the first ones.
    """

    column: str
    value: str | None
    records: int
    agreement: float | None = None
    mean_change: float | None = None
    metric: str | None = field(default=None, metadata=OPTIONAL)
    champion: float | None = field(default=None, metadata=OPTIONAL)
    challenger: float | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Transition:
    """How many records one answer became another in; both as text."""

    before: str
    after: str
    count: int


@dataclass(frozen=True, slots=True)
class OneSidedFailure:
    """A record that one model scored, and the other rejected or failed on: ``failed`` is its reference."""

    index: int
    failed: str
    reason: str
    key: Any = field(default=None, metadata=OPTIONAL)
    record: Any = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """Two snapshots over the same records; ``movers`` are the records that differ most, largest first.

    ``same`` and ``changed`` are records that both scored, ``only_champion`` and ``only_challenger``
    those that one of them scored, ``neither`` the others. ``field`` is the field of the outputs that
    differences, metrics and segments are about, ``value`` where the output is that itself, and empty
    where there is none. ``differences`` is the distribution of its change in the records where it
    changes, ``transitions`` what became what where it is no number. ``packages`` are those of which the
    two have other versions.
    """

    WIRE_PROPERTIES: ClassVar = ("agreement", "has_passed")

    champion: str
    challenger: str
    inputs: tuple[str, ...]
    challenged: datetime
    seconds: float
    records: int
    same: int
    changed: int
    only_champion: int = 0
    only_challenger: int = 0
    neither: int = 0
    field: str = ""
    movers: tuple[RecordChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    differences: Distribution | None = None
    transitions: tuple[Transition, ...] = ()
    failures: tuple[OneSidedFailure, ...] = ()
    segments: tuple[SegmentResult, ...] = ()
    label: str | None = None
    unlabelled: int = 0
    metrics: tuple[PairedMetric, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    packages: tuple[VersionChange, ...] = ()
    notes: tuple[str, ...] = ()
    written: str | None = None

    @property
    def agreement(self) -> float | None:
        """The share of equal outputs among the records that both scored; None where there is none."""
        both = self.same + self.changed
        return self.same / both if both else None

    @property
    def has_passed(self) -> bool | None:
        """Whether the rules are met; None without rules."""
        return overall(self.verdicts) if self.verdicts else None

    @property
    def is_failure(self) -> bool:
        """Whether a rule is not met."""
        return self.has_passed is False

    def numbers(self, *, of_champion: bool) -> Mapping[str, Any]:
        """Return what a rule may name: the challenger's numbers, or those that ``ref`` means."""
        failed = self.only_challenger if of_champion else self.only_champion
        own: dict[str, Any] = {"failed": failed + self.neither, "records": self.records}
        for metric in self.metrics:
            own[metric.name] = (metric.champion if of_champion else metric.challenger).value
        if of_champion:
            return own
        own["agreement"] = self.agreement
        own["changed"] = self.changed
        own["difference"] = {metric.name: metric.difference.value for metric in self.metrics}
        own["p_value"] = {metric.name: metric.p_value for metric in self.metrics}
        own["largest_change"] = max((one.most for one in self._compared), default=0.0)
        return own

    @property
    def _compared(self) -> tuple[FieldChange, ...]:
        return tuple(one for one in self.fields if not self.field or one.field == self.field)
