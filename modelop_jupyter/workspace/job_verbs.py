"""The verbs about jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.jobs import JobKind, JobRecord
from modelop_jupyter.workspace.home import Home

if TYPE_CHECKING:
    from modelop_jupyter.domain.reports import Difference
    from modelop_jupyter.workspace.job import Job
    from modelop_jupyter.workspace.submission import PathBelow, Target, Wish


class JobVerbs(Home):
    """Submitting jobs, and finding them again."""

    def batch(
        self,
        ref: str,
        inputs: Any,
        *,
        output: Target | Sequence[Target] = None,
        schemas: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        max_errors: Mapping[str, float] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        record_timeout: float | None = None,
        memory: int | None = None,
        workers: int | str | None = None,
        format: str | None = None,
    ) -> Job:
        """Call the score function once for each record; returns the job, which runs by itself.

        An input is a path, a DataFrame, an Arrow table or a list of records; a single one need
        not stand in a list. Several outputs take the output slots 1, 3, 5 in order. ``max_errors`` is ``{"count": 10}`` or ``{"percent": 5}``, ``memory``
        the bytes that the model's process may take, ``workers`` a number or ``"auto"``, ``format``
        what the inputs that are files hold, whatever their names say: csv, jsonl, json, text,
        parquet or avro.
        """
        from modelop_jupyter.jobs.plan import Limits
        from modelop_jupyter.workspace.submission import Wish, as_inputs

        limits = Limits(max_errors, limit, timeout, record_timeout, memory)
        given = as_inputs(inputs)
        shared = None if workers is None else str(workers)
        wish = Wish(
            *(JobKind.BATCH, given, output, parameters or {}, limits, schemas, shared),
            format=format,
        )
        return self._submit(ref, wish)

    def metrics(
        self,
        ref: str,
        inputs: Any,
        *,
        output: str | Path | PathBelow | None = None,
        parameters: Mapping[str, Any] | None = None,
        reference: str | None = None,
        timeout: float | None = None,
        memory: int | None = None,
        expect: str | Sequence[str] = (),
        against: str | None = None,
        strict: bool = False,
        format: str | None = None,
    ) -> Job:
        """Call the metrics function once with all records; returns the job, which runs by itself.

        ``expect`` are rules such as ``"auc >= 0.9"`` that the result is judged by; ``against`` is
        the job, or the ``NAME@N`` with its last metrics job, whose metrics are ``ref`` in them; with
        ``strict`` a rule of a decision table that is not decided counts as failed.
        Raises :class:`ExpectationError` for a rule that cannot be applied, before anything runs.
        """
        from modelop_jupyter.jobs.plan import Limits
        from modelop_jupyter.workspace.expecting import expected
        from modelop_jupyter.workspace.submission import Wish, as_inputs

        rules = (expect,) if isinstance(expect, str) else tuple(expect)
        wish = Wish(
            JobKind.METRICS,
            as_inputs(inputs),
            output,
            parameters or {},
            Limits(seconds=timeout, memory=memory),
            expectations=expected(rules, against, self, strict=strict),
            format=format,
        )
        return self._submit(ref, wish, reference=reference)

    def train(
        self,
        ref: str,
        inputs: Any,
        *,
        parameters: Mapping[str, Any] | None = None,
        format: str | None = None,
    ) -> Job:
        """Call the train function once with all records; what it leaves in outputDir/ is kept."""
        from modelop_jupyter.workspace.submission import Wish, as_inputs

        given = as_inputs(inputs)
        return self._submit(ref, Wish(JobKind.TRAIN, given, None, parameters or {}, format=format))

    def jobs(
        self, *, model: str | None = None, running: bool = False, limit: int = 50
    ) -> list[JobRecord]:
        """List jobs as they stand now, newest first."""
        return self.job_service.list(model=model, running=running, limit=limit)

    def job(self, identity: str) -> Job:
        """Return a job by its id or the beginning of it."""
        from modelop_jupyter.workspace.job import Job

        return Job(self.job_service, self.registry.get_job(identity))

    def job_retry(self, identity: str, *, failed: bool = False) -> Job:
        """Go on where a job stood when it ended early; ``failed`` scores only its bad records again.

        A job that cannot go on starts over, and its log says why. Raises :class:`ConflictError`
        where there is nothing to go on with, or the input has changed.
        """
        from modelop_jupyter.workspace.again import retry, retry_failed
        from modelop_jupyter.workspace.job import Job

        job = self.job(identity)
        return Job(self.job_service, (retry_failed if failed else retry)(job, self))

    def job_rerun(self, identity: str) -> Job:
        """Start a job over with all that was asked for, whatever became of it."""
        from modelop_jupyter.workspace.again import rerun
        from modelop_jupyter.workspace.job import Job

        return Job(self.job_service, rerun(self.job(identity), self))

    def job_differences(self, job: Job) -> tuple[Difference, ...] | None:
        """Return in what a finished rerun differs from the job it repeats.

        None for other jobs, and where that one is removed or cannot be read any more.
        """
        from modelop_jupyter.errors import DamagedJobError, NotFoundError
        from modelop_jupyter.workspace.differences import differences

        origin = job.record.options.get("origin")
        if not origin or origin["verb"] != "rerun" or not job.record.status.is_done:
            return None
        try:
            first = self.job(origin["job"])
            if not all((each.folder.root / "outcome.json").exists() for each in (first, job)):
                return None
            return differences(first, job, read=self.blobs.read)
        except (DamagedJobError, NotFoundError):
            # One of the two is not there any more to be compared; the job is told all the same.
            return None

    def job_document(self, identity: str) -> dict[str, Any]:
        """Return a job in ModelOp's JSON (spec 2.9)."""
        from modelop_jupyter.jobs import documents

        job = self.job(identity)
        return documents.job(job.plan, self.blobs.read, record=job.record)

    def _submit(self, ref: str, wish: Wish, *, reference: str | None = None) -> Job:
        from modelop_jupyter.workspace.job import Job
        from modelop_jupyter.workspace.submission import submit

        return Job(self.job_service, submit(wish, ref, self, reference=reference))
