"""The verbs about results: jobs side by side, and a metric over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from modelop_jupyter.domain.comparisons import Comparison, History, Measurement
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult
from modelop_jupyter.domain.metric_paths import numbers_in, written
from modelop_jupyter.domain.models import ModelRef
from modelop_jupyter.errors import DamagedJobError, MetricNotFoundError
from modelop_jupyter.workspace.job_verbs import JobVerbs

_MOST_JOBS = 1_000


class ResultVerbs(JobVerbs):
    """Looking at results of more than one job."""

    def compare(self, *jobs: str) -> Comparison:
        """Compare ended jobs with the first of them, and say why their results differ.

        Raises :class:`ConflictError` for a job that still runs.
        """
        from modelop_jupyter.workspace.comparing import compare

        return compare([self.job(each) for each in jobs], self)

    def history(self, ref: str, metric: str) -> History:
        """Return a metric over the model's jobs, or over those of one snapshot, oldest first.

        Those that ``job gc`` has removed are among them.

        ``metric`` is a name, or a path such as ``performance[0].values.auc``. Raises
        :class:`MetricNotFoundError` that knows the metrics there are.
        """
        from modelop_jupyter.jobs import measurements

        model, snapshot = self.find(ref)
        there: dict[str, tuple[JobRecord, Mapping[str, float]]] = {}
        damaged: list[DamagedJobError] = []
        for record in self._measured(ref):
            try:
                there[record.id] = record, numbers_in(self.job(record.id).metrics)
            except DamagedJobError as error:
                damaged.append(error)
        gone = {
            each.record.id: (each.record, each.values)
            for each in measurements.kept(self.settings.measurements, model.name)
            if each.record.id not in there
            and (snapshot is None or each.record.snapshot == snapshot.number)
        }
        found: list[Measurement] = []
        known: dict[str, None] = {}
        for record, values in sorted([*there.values(), *gone.values()], key=_created):
            known.update(dict.fromkeys(values))
            # A name that is no identifier is a path only in backticks.
            path = metric if metric in values else written((metric,))
            if path in values:
                found.append(Measurement(record, values[path], is_removed=record.id in gone))
        if damaged and not found:
            raise damaged[0]
        if not found:
            raise MetricNotFoundError(metric, list(known))
        return History(ModelRef.parse(ref).name, metric, tuple(found), tuple(map(str, damaged)))

    def metric_names(self, ref: str) -> list[str]:
        """Return the paths of the numbers in the model's last metrics result."""
        for record in self._measured(ref):
            with suppress(DamagedJobError):
                return list(numbers_in(self.job(record.id).metrics))
        return []

    def _measured(self, ref: str) -> Iterator[JobRecord]:
        """Yield the metrics jobs that came to a result, newest first."""
        model, snapshot = self.find(ref)
        for record in self.jobs(model=model.name, limit=_MOST_JOBS):
            is_wanted = snapshot is None or record.snapshot == snapshot.number
            if is_wanted and record.kind is JobKind.METRICS and record.result is JobResult.SUCCESS:
                yield record


def _created(measured: tuple[JobRecord, Mapping[str, float]]) -> datetime:
    return measured[0].created
