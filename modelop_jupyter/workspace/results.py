"""The methods about results: jobs compared, and a metric over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult
from modelop_jupyter.domain.models import ModelRef
from modelop_jupyter.domain.results.metric_paths import is_point, numbers_in, written
from modelop_jupyter.errors import DamagedJobError, MetricNotFoundError
from modelop_jupyter.workspace.jobs import JobsApi

if TYPE_CHECKING:
    from modelop_jupyter.domain.results.causes import Causes
    from modelop_jupyter.domain.results.comparisons import Comparison, History, Measurement
    from modelop_jupyter.workspace.home import Home

_MOST_JOBS = 1_000


class ResultsApi:
    """The results of more than one job."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._jobs = JobsApi(home)

    def compare(self, *jobs: str) -> Comparison:
        """Compare ended jobs with the first of them, and say why their results differ.

        Raises :class:`ConflictError` for a job that still runs.
        """
        from modelop_jupyter.comparison.jobs import compare

        return compare([self._jobs.get(identity) for identity in jobs], self._home.blobs)

    def why(self, first: str, other: str) -> Causes:
        """Find which differences between two ended jobs move the result, by running it again.

        Raises :class:`InvalidError` for jobs that cannot be compared so, and :class:`ConflictError`
        where the difference does not show again.
        """
        from modelop_jupyter.workspace.why import why

        return why(self._jobs.get(first), self._jobs.get(other), self._home)

    def history(self, ref: str, metric: str) -> History:
        """Return a metric over the model's jobs, or over those of one snapshot, oldest first.

        Jobs that ``job gc`` has removed are among them.

        ``metric`` is a name, or a path such as ``performance[0].values.auc``. Raises
        :class:`MetricNotFoundError`, which lists the metrics there are.
        """
        from modelop_jupyter.domain.results.comparisons import History

        by_path, damaged = self._measurements(ref)
        # A name that is no identifier is a path only in backticks.
        measurements = by_path.get(metric) or by_path.get(written((metric,)))
        if damaged and not measurements:
            raise damaged[0]
        if not measurements:
            raise MetricNotFoundError(metric, list(by_path))
        name = ModelRef.parse(ref).name
        return History(name, metric, tuple(measurements), tuple(map(str, damaged)))

    def histories(self, ref: str) -> list[History]:
        """Return every metric over the model's jobs; those of the last results come first.

        Points of graphs are left out: each would be a metric of its own.
        """
        from modelop_jupyter.domain.results.comparisons import History

        by_path, damaged = self._measurements(ref)
        name, left_out = ModelRef.parse(ref).name, tuple(map(str, damaged))
        histories = [
            History(name, path, tuple(measurements), left_out)
            for path, measurements in by_path.items()
            if not is_point(path)
        ]
        # Sorting is stable: metrics of one result keep its order.
        return sorted(
            histories, key=lambda history: history.measurements[-1].job.created, reverse=True
        )

    def _measurements(self, ref: str) -> tuple[dict[str, list[Measurement]], list[DamagedJobError]]:
        """Return the values of each metric by its path, oldest first, and what cannot be read."""
        from modelop_jupyter.domain.results.comparisons import Measurement

        damaged: list[DamagedJobError] = []
        recorded = self._recorded(ref, damaged)
        removed = self._removed(ref, recorded)
        by_path: dict[str, list[Measurement]] = {}
        for record, values in sorted([*recorded.values(), *removed.values()], key=_created):
            for path, value in values.items():
                measurement = Measurement(record, value, is_removed=record.id in removed)
                by_path.setdefault(path, []).append(measurement)
        return by_path, damaged

    def last_numbers(self, ref: str) -> tuple[JobRecord | None, Mapping[str, float]]:
        """Return the last metrics job of a model or snapshot, and the numbers of its result.

        None and nothing where no job succeeded, or no result can be read. A job that was removed
        since counts, too.
        """
        for record in self._measured(ref):
            with suppress(DamagedJobError):
                return record, numbers_in(self._jobs.get(record.id).metrics)
        return max(self._removed(ref, {}).values(), key=_created, default=(None, {}))

    def metric_names(self, ref: str) -> list[str]:
        """Return the paths of the numbers in the model's last metrics result."""
        return list(self.last_numbers(ref)[1])

    def _recorded(
        self, ref: str, damaged: list[DamagedJobError]
    ) -> dict[str, tuple[JobRecord, Mapping[str, float]]]:
        """Return the numbers of the jobs on record by id; adds those that cannot be read to ``damaged``."""
        recorded: dict[str, tuple[JobRecord, Mapping[str, float]]] = {}
        for record in self._measured(ref):
            try:
                recorded[record.id] = record, numbers_in(self._jobs.get(record.id).metrics)
            except DamagedJobError as error:
                damaged.append(error)
        return recorded

    def _removed(
        self, ref: str, recorded: Mapping[str, object]
    ) -> dict[str, tuple[JobRecord, Mapping[str, float]]]:
        """Return the numbers that were kept of removed jobs, by id."""
        from modelop_jupyter.jobs.cleanup import measurements

        model, snapshot = self._home.find(ref)
        return {
            kept.record.id: (kept.record, kept.values)
            for kept in measurements.stored_metrics(self._home.settings.measurements, model.name)
            if kept.record.id not in recorded
            and (snapshot is None or kept.record.snapshot == snapshot.number)
        }

    def _measured(self, ref: str) -> Iterator[JobRecord]:
        """Yield the metrics jobs that succeeded, newest first."""
        model, snapshot = self._home.find(ref)
        for record in self._jobs(model=model.name, limit=_MOST_JOBS):
            is_wanted = snapshot is None or record.snapshot == snapshot.number
            if is_wanted and record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS:
                yield record


def _created(measured: tuple[JobRecord, Mapping[str, float]]) -> datetime:
    return measured[0].created
