"""The verbs about results: jobs side by side, and a metric over time."""

from __future__ import annotations

from modelop_jupyter.domain.comparisons import Comparison, History, Measurement
from modelop_jupyter.domain.jobs import JobKind, JobResult
from modelop_jupyter.domain.metric_paths import numbers_in
from modelop_jupyter.domain.models import ModelRef
from modelop_jupyter.errors import MetricNotFoundError
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

        ``metric`` is a name, or a path such as ``performance[0].values.auc``. Raises
        :class:`MetricNotFoundError` that knows the metrics there are.
        """
        name = ModelRef.parse(ref).name
        _, snapshot = self.find(ref)
        found: list[Measurement] = []
        known: dict[str, None] = {}
        for record in reversed(self.jobs(model=name, limit=_MOST_JOBS)):
            is_wanted = snapshot is None or record.snapshot == snapshot.number
            if (
                record.kind is not JobKind.METRICS
                or record.result is not JobResult.SUCCESS
                or not is_wanted
            ):
                continue
            values = numbers_in(self.job(record.id).metrics)
            known.update(dict.fromkeys(values))
            if metric in values:
                found.append(Measurement(record, values[metric]))
        if not found:
            raise MetricNotFoundError(metric, list(known))
        return History(name, metric, tuple(found))
