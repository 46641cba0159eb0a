"""The verbs about jobs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.jobs import JobKind, JobRecord
from modelop_jupyter.workspace.home import Home

if TYPE_CHECKING:
    from modelop_jupyter.workspace.job import Job
    from modelop_jupyter.workspace.submission import Wish


class JobVerbs(Home):
    """Submitting jobs, and finding them again."""

    def batch(
        self,
        ref: str,
        inputs: Any,
        *,
        output: str | Path | None = None,
        schemas: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        max_errors: Mapping[str, float] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Call the score function once for each record; returns the job, which runs by itself.

        An input is a path, a DataFrame, an Arrow table or a list of records; a single one need
        not stand in a list. ``max_errors`` is ``{"count": 10}`` or ``{"percent": 5}``.
        """
        from modelop_jupyter.jobs.plan import Limits
        from modelop_jupyter.workspace.submission import Wish, as_inputs

        limits = Limits(max_errors=max_errors, records=limit, seconds=timeout)
        wish = Wish(JobKind.BATCH, as_inputs(inputs), output, parameters or {}, limits, schemas)
        return self._submit(ref, wish)

    def metrics(
        self,
        ref: str,
        inputs: Any,
        *,
        output: str | Path | None = None,
        parameters: Mapping[str, Any] | None = None,
        reference: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Call the metrics function once with all records; returns the job, which runs by itself."""
        from modelop_jupyter.jobs.plan import Limits
        from modelop_jupyter.workspace.submission import Wish, as_inputs

        limits = Limits(seconds=timeout)
        wish = Wish(JobKind.METRICS, as_inputs(inputs), output, parameters or {}, limits)
        return self._submit(ref, wish, reference=reference)

    def train(
        self,
        ref: str,
        inputs: Any,
        *,
        parameters: Mapping[str, Any] | None = None,
    ) -> Job:
        """Call the train function once with all records; what it leaves in outputDir/ is kept."""
        from modelop_jupyter.workspace.submission import Wish, as_inputs

        return self._submit(ref, Wish(JobKind.TRAIN, as_inputs(inputs), None, parameters or {}))

    def jobs(
        self, *, model: str | None = None, running: bool = False, limit: int = 50
    ) -> list[JobRecord]:
        """List jobs as they stand now, newest first."""
        return self.job_service.list(model=model, running=running, limit=limit)

    def job(self, identity: str) -> Job:
        """Return a job by its id or the beginning of it."""
        from modelop_jupyter.workspace.job import Job

        return Job(self.job_service, self.registry.get_job(identity))

    def job_document(self, identity: str) -> dict[str, Any]:
        """Return a job in ModelOp's JSON (spec 2.9)."""
        from modelop_jupyter.domain.wire import from_wire
        from modelop_jupyter.jobs import documents
        from modelop_jupyter.jobs.plan import Plan

        job = self.job(identity)
        plan = from_wire(Plan, job.folder.read("plan.json"))
        return documents.job(plan, self.blobs.read, record=job.record)

    def _submit(self, ref: str, wish: Wish, *, reference: str | None = None) -> Job:
        from modelop_jupyter.workspace.job import Job
        from modelop_jupyter.workspace.submission import submit

        return Job(self.job_service, submit(wish, ref, self, reference=reference))
