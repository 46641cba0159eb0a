"""The methods about jobs: ``workspace.jobs``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from modelop_jupyter.domain.job_lists import ALL_JOBS, NEWEST_FIRST, JobFilter
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobStatus
from modelop_jupyter.domain.lists import Page
from modelop_jupyter.domain.notify import NOBODY
from modelop_jupyter.domain.retries import Retries
from modelop_jupyter.safe_open import open_below, open_regular

if TYPE_CHECKING:
    from modelop_jupyter.domain.disk import Clearing, JobsUsage, PinnedJob
    from modelop_jupyter.domain.job_lists import JobOrder
    from modelop_jupyter.domain.job_states import StateKind
    from modelop_jupyter.domain.reports import Difference, FailureReport, JobUpdate
    from modelop_jupyter.domain.results.record_search import RecordSearch
    from modelop_jupyter.domain.trials import Trial
    from modelop_jupyter.jobs.following.log import LogPosition
    from modelop_jupyter.jobs.job import Job
    from modelop_jupyter.remedies import Remedy
    from modelop_jupyter.workspace.home import Home
    from modelop_jupyter.workspace.job_request import JobRequest, PathBelow, Target

# Exceptions after which a record is tried again, or their names.
RetryOn = str | Iterable[str | type[BaseException]] | None

_MOST_SEARCHED = 100_000


class JobsApi:
    """The jobs of a home. Called, it lists them as they stand now, newest first."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(
        self, *, model: str | None = None, running: bool = False, limit: int = 50
    ) -> list[JobRecord]:
        """List jobs as they stand now, newest first."""
        return self._home.job_service.list(model=model, running=running, limit=limit)

    def get(self, identity: str) -> Job:
        """Return a job by its id or the beginning of it."""
        return self._job(self._home.registry.get_job(identity))

    def page(
        self,
        *,
        model: str | None = None,
        kinds: Collection[JobKind] = (),
        statuses: Collection[JobStatus] = (),
        states: Collection[StateKind] = (),
        match: str = "",
        since: datetime | None = None,
        by: str | None = None,
        before: datetime | None = None,
        tag: str | None = None,
        order: JobOrder = NEWEST_FIRST,
        offset: int = 0,
        limit: int | None = 100,
    ) -> Page:
        """List some of the jobs as they stand now, newest first unless ``order`` says otherwise.

        ``match`` is a part of the model's name, the input's name or the output, or the beginning of
        the id; ``since`` the earliest time of submission, ``before`` the time before which it was, and
        ``by`` the user who submitted it. ``tag`` is one that the job's model has now.
        """
        listed = JobFilter(
            model,
            kinds,
            statuses,
            states,
            match,
            since=since,
            by=by,
            before=before,
            models=self._names_with(tag) if tag else None,
        )
        records, total = self._home.registry.page_of_jobs(listed, order, offset=offset, limit=limit)
        service = self._home.job_service
        return Page(tuple(service.refresh(record) for record in records), offset, total)

    def progress(self, identity: str) -> JobUpdate:
        """Return how far a job is, without what it printed."""
        from modelop_jupyter.jobs.following import follow

        return follow.current_update(self._home.job_service, self._home.registry.get_job(identity))

    # Start

    def prepare(self) -> None:
        """Have a process get ready for the next job; to be called as soon as one is to be expected.

        It returns at once. Nothing happens with ``MODELOP_WARM=off``, where there is such a process,
        and elsewhere than on Linux.
        """
        from modelop_jupyter.jobs.supervision import waiting

        waiting.start(self._home.settings)

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
        retry: int | None = None,
        retry_on: RetryOn = None,
        memory: int | None = None,
        cpu_time: float | None = None,
        workers: int | str | None = None,
        format: str | None = None,
        connection: str | None = None,
        engine: str | None = None,
        notify: str | None = None,
    ) -> Job:
        """Call the score function once for each record; returns the job, which runs by itself.

        An input is a path, a DataFrame, an Arrow table or a list of records; a single one need
        not stand in a list. Several outputs take the output slots 1, 3, 5 in order. ``max_errors``
        is ``{"count": 10}`` or ``{"percent": 5}``, ``memory`` the bytes that the model's process may
        take, ``cpu_time`` the seconds of CPU time, ``workers`` a number or ``"auto"``, ``format`` what the inputs that are files hold,
        whatever their names say: csv, jsonl, json, text, parquet or avro. ``engine`` is ``"local"``,
        ``"dask"`` or ``"dask://ADDRESS"``: the output is the same.

        A record that raises an exception of ``retry_on`` (classes or their names, ``module.Name``,
        modules) is tried up to ``retry`` times again, in its place and after a pause;
        ``record_timeout`` is for each try. Given one of the two, the other is ``3`` or
        ``("ConnectionError", "TimeoutError")``.

        An input may be a query: an address such as ``postgresql://host/db?query=SELECT …``, or a
        .sql file or asset, for which ``connection`` names the database. Its rows are read before this
        returns. ``notify`` is who is notified of the end: an http address, which gets the job as JSON,
        ``"desktop"``, or ``"none"``.
        """
        from modelop_jupyter.domain.job_options import Limits
        from modelop_jupyter.workspace.job_request import JobRequest, as_inputs

        request = JobRequest(
            JobKind.BATCH,
            as_inputs(inputs),
            output,
            parameters or {},
            Limits(
                max_errors,
                limit,
                timeout,
                record_timeout,
                memory,
                retries=Retries.asked(retry, retry_on),
                cpu_seconds=cpu_time,
            ),
            schemas,
            None if workers is None else str(workers),
            format=format,
            connection=connection,
            engine=engine,
            notify=notify,
        )
        return self._submit(ref, request)

    def trial(
        self,
        ref: str,
        inputs: Any,
        records: int,
        *,
        schemas: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        record_timeout: float | None = None,
        retry: int | None = None,
        retry_on: RetryOn = None,
        memory: int | None = None,
        cpu_time: float | None = None,
        workers: int | str | None = None,
        format: str | None = None,
        connection: str | None = None,
        engine: str | None = None,
    ) -> Trial:
        """Score some records, and estimate how long a batch of all takes on each engine.

        The records come from all over the input where it is a file of JSON lines or CSV. Waits until
        they are scored. Raises :class:`JobFailedError` where the model fails.
        """
        from modelop_jupyter.domain.job_options import Limits
        from modelop_jupyter.workspace.job_request import JobRequest, as_inputs
        from modelop_jupyter.workspace.trial import run_trial

        request = JobRequest(
            JobKind.BATCH,
            as_inputs(inputs),
            parameters=parameters or {},
            limits=Limits(
                record_seconds=record_timeout,
                memory=memory,
                retries=Retries.asked(retry, retry_on),
                cpu_seconds=cpu_time,
            ),
            check_schemas=schemas,
            workers=None if workers is None else str(workers),
            format=format,
            connection=connection,
            engine=engine,
            notify=NOBODY,
        )
        return run_trial(request, records, self._home, partial(self._submit, ref))

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
        cpu_time: float | None = None,
        expect: str | Sequence[str] = (),
        against: str | None = None,
        strict: bool = False,
        format: str | None = None,
        connection: str | None = None,
        engine: str | None = None,
        notify: str | None = None,
    ) -> Job:
        """Call the metrics function once with all records; returns the job, which runs by itself.

        ``expect`` are rules such as ``"auc >= 0.9"`` that the result is judged by; ``against`` is
        the job, or the ``NAME@N`` with its last metrics job, whose metrics are ``ref`` in them; with
        ``strict`` a rule of a decision table that is not decided counts as failed. ``notify`` is as for
        a batch.
        Raises :class:`ExpectationError` for a rule that cannot be applied, before anything runs.
        """
        from modelop_jupyter.domain.job_options import Limits
        from modelop_jupyter.workspace.job_request import JobRequest, as_inputs
        from modelop_jupyter.workspace.submission import expectations_of

        rules = (expect,) if isinstance(expect, str) else tuple(expect)
        request = JobRequest(
            JobKind.METRICS,
            as_inputs(inputs),
            output,
            parameters or {},
            Limits(seconds=timeout, memory=memory, cpu_seconds=cpu_time),
            expectations=expectations_of(rules, against, self._home, strict=strict),
            format=format,
            connection=connection,
            engine=engine,
            notify=notify,
        )
        return self._submit(ref, request, reference=reference)

    def train(
        self,
        ref: str,
        inputs: Any,
        *,
        parameters: Mapping[str, Any] | None = None,
        format: str | None = None,
        connection: str | None = None,
        engine: str | None = None,
        notify: str | None = None,
    ) -> Job:
        """Call the train function once with all records; what it leaves in outputDir/ is kept.

        ``notify`` is as for a batch.
        """
        from modelop_jupyter.workspace.job_request import JobRequest, as_inputs

        request = JobRequest(
            JobKind.TRAIN,
            as_inputs(inputs),
            None,
            parameters or {},
            format=format,
            connection=connection,
            engine=engine,
            notify=notify,
        )
        return self._submit(ref, request)

    def retry(
        self,
        identity: str,
        *,
        failed: bool = False,
        engine: str | None = None,
        timeout: float | None = None,
        record_timeout: float | None = None,
        retry: int | None = None,
        retry_on: RetryOn = None,
        memory: int | None = None,
        cpu_time: float | None = None,
    ) -> Job:
        """Resume a job that ended early; ``failed`` scores only its bad records again.

        ``engine`` is where it goes on, None for where it ran before. ``timeout``, ``record_timeout``,
        ``memory``, ``cpu_time``, and ``retry`` with ``retry_on`` are its limits from now on, None for
        those it had.

        A job that cannot be resumed starts over, and its log says why. Raises
        :class:`ConflictError` where there is nothing to resume, or the input has changed.
        """
        from modelop_jupyter.workspace.retry import NewLimits, resume_job, retry_failed

        retries = Retries.asked(retry, retry_on)
        limits = NewLimits(timeout, record_timeout, memory, retries, cpu_time)
        job = self.get(identity)
        if failed:
            return self._job(retry_failed(job, self._home, limits=limits))
        return self._job(resume_job(job, self._home, engine=engine, limits=limits))

    def rerun(
        self,
        identity: str,
        *,
        current: bool = False,
        timeout: float | None = None,
        record_timeout: float | None = None,
        retry: int | None = None,
        retry_on: RetryOn = None,
        memory: int | None = None,
        cpu_time: float | None = None,
    ) -> Job:
        """Start a job over with all that was asked for, whatever became of it.

        ``current`` runs the model as it is now instead of the job's snapshot. ``timeout``,
        ``record_timeout``, ``memory``, ``cpu_time``, and ``retry`` with ``retry_on`` take the place of
        the limits it had.
        """
        from modelop_jupyter.workspace.retry import NewLimits, rerun

        retries = Retries.asked(retry, retry_on)
        limits = NewLimits(timeout, record_timeout, memory, retries, cpu_time)
        return self._job(rerun(self.get(identity), self._home, current=current, limits=limits))

    def remedies(self, job: Job) -> tuple[Remedy, ...]:
        """Return what mends the failure of an ended job, the most likely first."""
        from modelop_jupyter.workspace.remedies import remedies

        return remedies(job, self._home)

    # Read

    def report(self, identity: str) -> FailureReport:
        """Return a job's failure as one block of text for a ticket; secrets are masked."""
        from modelop_jupyter.workspace.failure_report import job_report

        return job_report(self.get(identity), self._home)

    def differences(self, job: Job) -> tuple[Difference, ...] | None:
        """Return in what a finished rerun differs from the job it repeats.

        None for other jobs, and where that one is removed or cannot be read any more.
        """
        from modelop_jupyter.comparison.reruns import differences
        from modelop_jupyter.errors import DamagedJobError, NotFoundError

        origin = job.record.options.origin
        if origin is None or origin.verb != "rerun" or not job.record.status.is_done:
            return None
        try:
            first = self.get(origin.job)
            if not all((one.folder.root / "outcome.json").exists() for one in (first, job)):
                return None
            return differences(first, job, read=self._home.blobs.read)
        except (DamagedJobError, NotFoundError):
            # One of the two cannot be compared any more; the job itself can still be shown.
            return None

    def document(self, identity: str) -> dict[str, Any]:
        """Return a job in ModelOp's JSON (spec 2.9)."""
        from modelop_jupyter.models import documents

        job = self.get(identity)
        return documents.job(job.plan, self._home.blobs.read, record=job.record)

    def record_page(
        self, identity: str, *, offset: int = 0, limit: int = 100, within: Path | None = None
    ) -> Page:
        """Return some of a job's output records; raises :class:`JobFailedError` without an output.

        With ``within``, no link leads out of that folder, the job's, or where the output was put.
        """
        job = self.get(identity)
        opener = partial(_open_output, (job.folder.root, within)) if within else open_regular
        rows, total = job.page(offset, limit, opener=opener)
        return Page(tuple(rows), offset, job.record.counts.records_out if total is None else total)

    def record_search(
        self,
        identity: str,
        *,
        match: str = "",
        column: str | None = None,
        is_descending: bool = False,
        offset: int = 0,
        limit: int = 100,
        within: Path | None = None,
    ) -> RecordSearch:
        """Return output records that have a text in a value, sorted by a column; case does not count.

        At most the first 100,000 records are looked at. Raises what :meth:`record_page` does.
        """
        from modelop_jupyter.domain.results.record_search import RecordSearch, find

        page = self.record_page(identity, limit=_MOST_SEARCHED, within=within)
        found = find(page.rows, match=match, column=column, is_descending=is_descending)
        return RecordSearch(
            rows=tuple(found[offset : offset + limit]),
            offset=offset,
            total=len(found),
            searched=len(page.rows),
            is_whole=page.total <= len(page.rows),
        )

    def output_file(self, identity: str, *, within: Path | None = None) -> Path:
        """Return the file with a job's output; raises :class:`JobFailedError` where there is none.

        With ``within``, no link leads out of that folder, the job's, or where the output was put.
        """
        from modelop_jupyter.errors import JobFailedError

        job = self.get(identity)
        path = job.output
        if path is None or not path.is_file():
            job.require_output()
            reason = f"its output {path} is gone" if path else "it has no output in one file"
            raise JobFailedError(job.record.short_id, reason)
        if within is not None:
            _open_output((job.folder.root, within), path).close()
        return path

    def error_page(self, identity: str, *, offset: int = 0, limit: int = 100) -> Page:
        """Return some of a job's records that were rejected or failed, while it runs, too."""
        from modelop_jupyter.formats import read_page
        from modelop_jupyter.jobs.job import record_error
        from modelop_jupyter.jobs.protocol import error_of

        job = self.get(identity)
        job.require_readable("errors.jsonl")
        path = job.folder.errors_file
        if not path.is_file():
            return Page((), offset, 0)
        rows, total = read_page(path, offset, limit, is_growing=True, parse=error_of)
        return Page(tuple(map(record_error, rows)), offset, total or 0)

    def log_after(
        self, identity: str, place: LogPosition, *, limit: int | None = None
    ) -> tuple[list[str], LogPosition]:
        """Return the lines of a job's log after a position, and the position after them."""
        from modelop_jupyter.jobs.following import log

        job = self.get(identity)
        job.require_readable("console.log")
        # Read before the log: what is printed between the two reads is then not missed.
        is_done = job.record.status.is_done
        return log.read(job.folder, place, is_whole=is_done, limit=limit)

    # Remove

    def remove(self, *jobs: str) -> Clearing:
        """Remove jobs and all that they hold; outputs that lie elsewhere stay.

        All of them or none: raises :class:`ConflictError` for one that runs, is pinned or is needed
        by a newer job that stays. Their metrics leave the history of their model.
        """
        records = [self._home.registry.get_job(identity) for identity in jobs]
        return self._home.job_cleanup.remove(records)

    def gc(
        self,
        *,
        older: float | None = None,
        quota: int | None = None,
        model: str | None = None,
        tag: str | None = None,
        kinds: Collection[JobKind] = (),
        states: Collection[StateKind] = (),
        match: str = "",
        since: datetime | None = None,
        before: datetime | None = None,
        dry_run: bool = False,
    ) -> Clearing:
        """Remove jobs that ended more than ``older`` seconds ago, and the oldest beyond ``quota`` bytes.

        Without either, those of the settings count. Running and pinned jobs stay, and those
        that a newer one needs. Metrics stay in the history. ``dry_run`` only returns what would go.

        With any of the others, only jobs that have all of it are removed, of any age where neither
        ``older`` nor ``quota`` is given: jobs of a ``model``, or of models with a ``tag``, submitted
        ``since`` a time, or ``before`` one. ``match`` is as for :meth:`page`.
        """
        chosen = JobFilter(
            model,
            kinds,
            states=states,
            match=match,
            since=since,
            before=before,
            models=self._names_with(tag) if tag else None,
        )
        if chosen != ALL_JOBS:
            records, _ = self._home.registry.page_of_jobs(chosen)
            return self._home.job_cleanup.gc_among(
                records, older=older, quota=quota, is_dry_run=dry_run
            )
        if older is None and quota is None:
            older, quota = self._home.settings.limits_of_jobs
        return self._home.job_cleanup.gc(older=older, quota=quota, is_dry_run=dry_run)

    def _names_with(self, tag: str) -> tuple[str, ...]:
        """Return the names of the models with a tag."""
        tags_of_models = self._home.registry.tags_of_models()
        return tuple(name for name, tags in tags_of_models.items() if tag in tags)

    def remove_leftovers(self) -> None:
        """Remove what killed submissions and removals left behind; cheap where there is nothing."""
        self._home.job_cleanup.sweep()

    def pin(self, identity: str) -> PinnedJob:
        """Protect a job from removal."""
        from modelop_jupyter.domain.disk import PinnedJob
        from modelop_jupyter.jobs.cleanup import retention

        record = self._home.registry.get_job(identity)
        retention.pin(self._home.job_service.folder(record.id))
        return PinnedJob(record.id, is_pinned=True)

    def unpin(self, identity: str) -> PinnedJob:
        """Allow a job to be removed again."""
        from modelop_jupyter.domain.disk import PinnedJob
        from modelop_jupyter.jobs.cleanup import retention

        record = self._home.registry.get_job(identity)
        retention.unpin(self._home.job_service.folder(record.id))
        return PinnedJob(record.id, is_pinned=False)

    def usage(self) -> JobsUsage:
        """Return what all jobs take on disk, and what they may."""
        return self._home.job_cleanup.usage()

    def _submit(self, ref: str, request: JobRequest, *, reference: str | None = None) -> Job:
        from modelop_jupyter.workspace.submission import submit

        return self._job(submit(request, ref, self._home, reference=reference))

    def _job(self, record: JobRecord) -> Job:
        from modelop_jupyter.jobs.job import Job

        return Job(self._home.job_service, record)


def _open_output(folders: Sequence[Path], path: Path) -> BinaryIO:
    """Open an output where it was put; a link that leads elsewhere by now is refused."""
    folder = next((folder for folder in folders if path.is_relative_to(folder)), path.parent)
    return open_below(folder, path)
