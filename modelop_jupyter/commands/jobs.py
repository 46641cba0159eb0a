"""The verbs ``jobs`` and ``job …``: list, show, follow, cancel, retry, rerun, pin and remove jobs."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.arguments import (
    LEVEL_METAVAR,
    background_argument,
    engine_argument,
    index,
    job_argument,
    limit_arguments,
)
from modelop_jupyter.commands.output_files import write_json
from modelop_jupyter.commands.submit import SubmittedJob
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.job_states import StateKind
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobStatus
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.errors import (
    DamagedJobError,
    EnvironmentNotFoundError,
    InvalidError,
    JobElsewhereError,
    JobFailedError,
    ModelNotFoundError,
    ModelOpError,
    StorageError,
)

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.disk import Clearing, PinnedJob
    from modelop_jupyter.domain.environments import Environment
    from modelop_jupyter.domain.reports import (
        Document,
        ErrorGroups,
        FailureReport,
        JobErrors,
        JobLog,
        JobSummary,
        NotebookChange,
    )
    from modelop_jupyter.domain.results.histograms import Distribution
    from modelop_jupyter.workspace import Job, Workspace

_LISTED_JOBS = 50
_ENDED = [kind.value for kind in StateKind if kind is not StateKind.RUNNING]


def _configure_jobs(parser: Parser) -> None:
    parser.add_argument("--model", metavar="NAME", help="only the jobs of one model")
    parser.add_argument("--running", action="store_true", help="only jobs that have not ended")
    _filter_arguments(parser, of_status="only jobs that ended so")
    parser.add_argument("--by", metavar="USER", help="only the jobs that one user submitted")
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--limit",
        metavar="N",
        type=arguments.count,
        default=_LISTED_JOBS,
        help=f"list only the newest N jobs; {_LISTED_JOBS} without it",
    )
    length.add_argument("--all", action="store_true", help="list all jobs")


def _filter_arguments(parser: Parser, *, of_status: str) -> None:
    """Add the options that choose jobs for a list or a removal."""
    parser.add_argument(
        "--status",
        metavar="STATUS",
        action="append",
        choices=_ENDED,
        default=[],
        help=f"{of_status}: {', '.join(_ENDED)}",
    )
    parser.add_argument(
        "--kind",
        metavar="KIND",
        action="append",
        choices=[kind.value for kind in JobKind],
        default=[],
        help="only jobs of this kind: batch, metrics or train",
    )
    parser.add_argument(
        "--before",
        metavar="DATE",
        type=arguments.moment,
        help="only jobs that were submitted before this day, or time: 2026-01-31, 2026-01-31T12:00",
    )
    parser.add_argument("--tag", metavar="TAG", help="only jobs of models with this tag")


def _jobs(context: Context, args: Namespace) -> Listing:
    page = context.workspace.job_page(
        model=args.model,
        kinds=[JobKind(kind) for kind in args.kind],
        statuses=[status for status in JobStatus if not status.is_done] if args.running else (),
        states=[StateKind(status) for status in args.status],
        by=args.by,
        before=args.before,
        tag=args.tag,
        limit=None if args.all else args.limit,
    )
    rows = tuple(row for row in page.rows if not (args.running and row.status.is_done))
    unlisted = page.total - len(page.rows)
    nothing = "No job is running" if args.running else "No jobs yet"
    submits = " '%modelop batch NAME INPUT' submits one."
    is_chosen = args.status or args.kind or args.before or args.tag
    return Listing(
        rows,
        "No job has all of this. '%modelop jobs' lists all."
        if is_chosen
        else f"{nothing}{f' that {args.by} submitted' if args.by else ''}.{submits}",
        f"and {unlisted:,} more: add --all, or --limit N" if unlisted else "",
    )


_SUMMARY_ERRORS = 5
_SUMMARY_RECORDS = 5
_SUMMARY_LOG_LINES = 20
_GROUPED_ERRORS = 10_000


def later_notebook(record: JobRecord, context: Context) -> NotebookChange | None:
    """Return how this session's notebook differs from what a job ran; None if it does not.

    It takes up to a tenth of a second: ask when the job does not wait for this process any more.
    """
    try:
        model = context.workspace.registry.get_model(record.model)
    except ModelNotFoundError:
        return None
    change = context.notebook_change(model, is_own=True)
    return change if change and change.ref == f"{record.model}@{record.snapshot}" else None


def summary_for(job: Job, context: Context, *, with_notebook: bool = False) -> JobSummary:
    """Return the summary of a job of this session's home, or of an export that was run in it.

    ``with_notebook`` says how the notebook differs by now from what the job ran. What a verb does with a
    job cannot be done with one of an export, which no registry has.
    """
    exported = context.exported_model_of(job)
    if exported is not None:
        return replace(summary(job, exported.workspace), hint=None, remedies=(), size=None)
    change = later_notebook(job.record, context) if with_notebook else None
    return summary(job, context.workspace, change)


def summary(job: Job, workspace: Workspace, change: NotebookChange | None = None) -> JobSummary:
    """Return a job's summary: record, first errors, first output records or metrics, end of the log.

    ``change`` is how the notebook differs by now from what the job ran.
    """
    from modelop_jupyter.domain.reports import JobSummary

    record = job.record
    is_batch = record.kind is JobKind.BATCH
    return JobSummary(
        record=record,
        errors=tuple(job.errors(_SUMMARY_ERRORS)),
        metrics=None if is_batch else _metrics(job),
        sample=_sample(job) if is_batch and record.status.is_done else (),
        log="\n".join(job.log().splitlines()[-_SUMMARY_LOG_LINES:]),
        environment=_environment(record, workspace),
        artefacts=tuple(map(str, job.artefacts())),
        hint=job.hint,
        differences=workspace.job_differences(job),
        groups=job.error_groups(_GROUPED_ERRORS),
        spread=_spread(job) if is_batch and record.status.is_done else (),
        size=job.size,
        is_pinned=job.is_pinned,
        cluster=job.cluster,
        parts=_parts(job),
        remedies=workspace.job_remedies(job),
        notebook_change=change,
    )


def _metrics(job: Job) -> Any:
    """Return a metrics result; None if it is damaged, which the job's hint says."""
    try:
        return job.metrics
    except DamagedJobError:
        return None


def _sample(job: Job) -> tuple[Any, ...]:
    """Return the first output records; none if the output is empty or was moved away."""
    if not job.record.counts.records_out:
        return ()
    try:
        return tuple(islice(job.records(), _SUMMARY_RECORDS))
    except (JobElsewhereError, JobFailedError, InvalidError, StorageError, OSError):
        return ()


def _parts(job: Job) -> int | None:
    """Return the number of objects that are the output; None for one file or object, or if that is lost."""
    try:
        return len(job.parts) or None
    except (DamagedJobError, JobElsewhereError):
        return None


def _spread(job: Job) -> tuple[Distribution, ...]:
    try:
        return job.spread()
    except (ModelOpError, OSError, ValueError):
        # The output file belongs to the user, who may have moved or changed it.
        return ()


def _environment(record: JobRecord, workspace: Workspace) -> Environment | None:
    """Return the environment that a job ran in; None if it was removed."""
    from modelop_jupyter.environments import EnvironmentManager

    if record.environment is None:
        return None
    try:
        return EnvironmentManager(workspace.settings.environments).get(record.environment)
    except EnvironmentNotFoundError:
        return None


def _show(context: Context, args: Namespace) -> JobSummary:
    job = context.workspace.job(args.job)
    return summary(job, context.workspace, later_notebook(job.record, context))


def _log(context: Context, args: Namespace) -> JobLog:
    from modelop_jupyter.domain.reports import JobLog

    job = context.workspace.job(args.job)
    job.require_readable("console.log")
    text = job.log(record=args.record, grep=args.grep, level=args.level)
    note = None
    if not text and args.record is not None:
        note = _PRINTED_NOTHING.format(args.record)
    elif not text and (args.grep or args.level):
        note = "No line of the log matches."
    return JobLog(job.record.short_id, text, note)


_PRINTED_NOTHING = (
    "Nothing is kept of what record {} printed, or no line of it matches. Kept are the last 4,000 bytes of"
    " a record, and 2 MB of a job; the log without --record has everything."
)


def _configure_log(parser: Parser) -> None:
    job_argument(parser)
    parser.add_argument(
        "--record",
        metavar="N",
        type=index,
        help="only what the record with this index printed and logged, and how it failed",
    )
    parser.add_argument(
        "--grep",
        metavar="TEXT|/REGEX/",
        help="only lines that contain a text, in any case, or that match a regular expression",
    )
    parser.add_argument(
        "--level",
        metavar=LEVEL_METAVAR,
        help="only lines of this level and above, as the log or Python's logging names them",
    )


def _report(context: Context, args: Namespace) -> FailureReport:
    return context.workspace.job_report(args.job)


def _cancel(context: Context, args: Namespace) -> JobRecord:
    job = context.workspace.job(args.job)
    job.cancel()
    return job.record


def _configure_export(parser: Parser) -> None:
    job_argument(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write it to")


def _export(context: Context, args: Namespace) -> Document:
    from modelop_jupyter.domain.reports import Document

    job = context.workspace.job(args.job)
    document = context.workspace.job_document(job.id)
    if args.output is None:
        return Document(f"job {job.record.short_id}", document)
    path = context.call(write_json, args.output, document)
    return Document(f"job {job.record.short_id}", document, path)


def _configure_errors(parser: Parser) -> None:
    job_argument(parser)
    parser.add_argument("--group", action="store_true", help="count them by exception and line")
    parser.add_argument(
        "--records",
        action="store_true",
        help="also show the input records, which may be confidential",
    )


def _errors(context: Context, args: Namespace) -> JobErrors | ErrorGroups:
    from modelop_jupyter.domain.reports import ErrorGroups, JobErrors

    job = context.workspace.job(args.job)
    job.require_readable("errors.jsonl")
    if args.group:
        return ErrorGroups(job.record, job.error_groups())
    errors = job.errors()
    if not args.records:
        errors = [replace(error, record=None) for error in errors]
    return JobErrors(job.record, tuple(errors))


def _attach(context: Context, args: Namespace) -> SubmittedJob:
    return SubmittedJob(context.workspace.job(args.job), is_attached=True)


def _configure_resubmit(parser: Parser) -> None:
    job_argument(parser)
    limit_arguments(parser)
    background_argument(parser)


def _configure_rerun(parser: Parser) -> None:
    _configure_resubmit(parser)
    parser.add_argument(
        "--current",
        action="store_true",
        help="run the model as it is now, instead of the snapshot that the job ran",
    )


def _configure_retry(parser: Parser) -> None:
    _configure_resubmit(parser)
    parser.add_argument(
        "--failed",
        action="store_true",
        help="score only the bad records again, and put the results in their places in the output",
    )
    engine_argument(parser)


def _retry(context: Context, args: Namespace) -> SubmittedJob:
    job = context.workspace.job_retry(
        args.job,
        failed=args.failed,
        engine=args.engine,
        timeout=args.timeout,
        record_timeout=args.record_timeout,
        retry=args.retry,
        retry_on=args.retry_on,
        memory=args.memory,
        cpu_time=args.cpu_time,
    )
    return SubmittedJob(job, background=args.background)


def _rerun(context: Context, args: Namespace) -> SubmittedJob:
    job = context.workspace.job_rerun(
        args.job,
        current=args.current,
        timeout=args.timeout,
        record_timeout=args.record_timeout,
        retry=args.retry,
        retry_on=args.retry_on,
        memory=args.memory,
        cpu_time=args.cpu_time,
    )
    return SubmittedJob(job, background=args.background)


def _configure_remove(parser: Parser) -> None:
    parser.add_argument(
        "jobs",
        metavar="JOB",
        nargs="+",
        help="the jobs' ids, or at least their first four digits",
    )


def _configure_gc(parser: Parser) -> None:
    parser.add_argument(
        "--older",
        metavar="AGE",
        type=arguments.age,
        help="remove jobs that ended longer ago than this: 30d, 12h, 2w, 0",
    )
    parser.add_argument(
        "--quota",
        metavar="SIZE",
        type=arguments.quota,
        help="the most disk space of all jobs together, 5GB, 500MB or 0; the oldest are removed first."
        " Without --older and --quota, MODELOP_JOBS_OLDER (30d) and MODELOP_JOBS_QUOTA (5GB) apply",
    )
    _filter_arguments(parser, of_status="only jobs that ended so, whatever their age")
    parser.add_argument("--model", metavar="NAME", help="only the jobs of one model")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed")


def _remove(context: Context, args: Namespace) -> Clearing:
    return context.workspace.job_remove(*args.jobs)


def _gc(context: Context, args: Namespace) -> Clearing:
    return context.workspace.job_gc(
        older=args.older,
        quota=args.quota,
        model=args.model,
        tag=args.tag,
        kinds=[JobKind(kind) for kind in args.kind],
        states=[StateKind(status) for status in args.status],
        before=args.before,
        dry_run=args.dry_run,
    )


def _pin(context: Context, args: Namespace) -> PinnedJob:
    return context.workspace.job_pin(args.job)


def _unpin(context: Context, args: Namespace) -> PinnedJob:
    return context.workspace.job_unpin(args.job)


VERBS = (
    Verb(
        name="jobs",
        summary="List the jobs, the newest first.",
        example="jobs --model churn --running",
        configure=_configure_jobs,
        run=_jobs,
    ),
    Verb(
        name="job show",
        summary="Show one job: status, counts, first failures, results, environment.",
        example="job show 3f2a1c",
        configure=job_argument,
        run=_show,
    ),
    Verb(
        name="job log",
        summary="Show a job's log, with the output that the model printed, or some of its lines.",
        example="job log 3f2a1c --record 12 --level WARNING",
        configure=_configure_log,
        run=_log,
    ),
    Verb(
        name="job report",
        summary="Print a job's failure as one block of text for a ticket, without secrets.",
        example="job report 3f2a1c",
        configure=job_argument,
        run=_report,
    ),
    Verb(
        name="job attach",
        summary="Follow a running job; Ctrl-C or Stop ends the display, not the job.",
        example="job attach 3f2a1c",
        configure=job_argument,
        run=_attach,
    ),
    Verb(
        name="job cancel",
        summary="Stop a job and everything it started.",
        example="job cancel 3f2a1c",
        configure=job_argument,
        run=_cancel,
    ),
    Verb(
        name="job errors",
        summary="List the records that were rejected or failed, each with its reason.",
        example="job errors 3f2a1c --group",
        configure=_configure_errors,
        run=_errors,
    ),
    Verb(
        name="job retry",
        summary="Resume a job where it was cancelled, killed or ended by an error.",
        example="job retry 3f2a1c",
        configure=_configure_retry,
        run=_retry,
    ),
    Verb(
        name="job rerun",
        summary="Run a job again with the same model, inputs and options, and show what differs.",
        example="job rerun 3f2a1c --current",
        configure=_configure_rerun,
        run=_rerun,
    ),
    Verb(
        name="job export",
        summary="Write the job as JSON with ModelOp's keys.",
        example="job export 3f2a1c -o job.json",
        configure=_configure_export,
        run=_export,
    ),
    Verb(
        name="job remove",
        summary="Delete jobs with their files; outputs outside the job folders are kept.",
        example="job remove 3f2a1c 9b8b7b",
        configure=_configure_remove,
        run=_remove,
    ),
    Verb(
        name="job gc",
        summary="Delete old jobs, the oldest jobs beyond a quota, or those that the filters choose.",
        example="job gc --status failed --kind batch --before 2026-01-31 --dry-run",
        configure=_configure_gc,
        run=_gc,
    ),
    Verb(
        name="job pin",
        summary="Protect a job from 'job gc' and 'job remove'.",
        example="job pin 3f2a1c",
        configure=job_argument,
        run=_pin,
    ),
    Verb(
        name="job unpin",
        summary="Allow a job to be removed again.",
        example="job unpin 3f2a1c",
        configure=job_argument,
        run=_unpin,
    ),
)
