"""``job show | log | cancel | export``: one job, whoever submitted it."""

from __future__ import annotations

from argparse import Namespace
from itertools import islice
from typing import TYPE_CHECKING, Any

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.documents import write_json
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.jobs import JobKind, JobRecord
from modelop_jupyter.domain.reports import Document, JobLog, JobSummary
from modelop_jupyter.errors import (
    DamagedJobError,
    EnvironmentNotFoundError,
    InvalidError,
    JobFailedError,
    ModelOpError,
)

if TYPE_CHECKING:
    from modelop_jupyter.domain.distributions import Distribution
    from modelop_jupyter.domain.environments import Environment
    from modelop_jupyter.workspace import Job, Workspace

_FIRST_ERRORS = 5
_FIRST_RECORDS = 5
_LAST_LINES = 20
_GROUPED = 10_000


def job_argument(parser: Parser) -> None:
    """Give a verb its JOB."""
    parser.add_argument("job", metavar="JOB", help="the job's id, or its first four digits or more")


def summary(job: Job, workspace: Workspace) -> JobSummary:
    """Return what is told of a job: how it stands, its first failures, its first results."""
    record = job.record
    is_batch = record.kind is JobKind.BATCH
    return JobSummary(
        record=record,
        errors=tuple(job.errors(_FIRST_ERRORS)),
        metrics=None if is_batch else _metrics(job),
        sample=_sample(job) if is_batch and record.status.is_done else (),
        log="\n".join(job.log().splitlines()[-_LAST_LINES:]),
        environment=_environment(record, workspace),
        artefacts=tuple(map(str, job.artefacts())),
        hint=job.hint,
        differences=workspace.job_differences(job),
        groups=job.error_groups(_GROUPED),
        spread=_spread(job) if is_batch and record.status.is_done else (),
        size=job.size,
        is_pinned=job.is_pinned,
    )


def _metrics(job: Job) -> Any:
    """Return a metrics result, None where it is damaged: the hint says so."""
    try:
        return job.metrics
    except DamagedJobError:
        return None


def _sample(job: Job) -> tuple[Any, ...]:
    """Return the first records that came out; none where the output is empty or was moved away."""
    if not job.record.counts.records_out:
        return ()
    try:
        return tuple(islice(job.records(), _FIRST_RECORDS))
    except (JobFailedError, InvalidError, OSError):
        return ()


def _spread(job: Job) -> tuple[Distribution, ...]:
    try:
        return job.spread()
    except (ModelOpError, OSError, ValueError):
        # The output is the user's by now: it may be gone, or something else.
        return ()


def _environment(record: JobRecord, workspace: Workspace) -> Environment | None:
    """Return the environment that a job ran in, None where it is gone."""
    from modelop_jupyter.environments import EnvironmentManager

    if record.environment is None:
        return None
    try:
        return EnvironmentManager(workspace.settings.environments).get(record.environment)
    except EnvironmentNotFoundError:
        return None


def _show(context: Context, args: Namespace) -> JobSummary:
    return summary(context.workspace.job(args.job), context.workspace)


def _log(context: Context, args: Namespace) -> JobLog:
    job = context.workspace.job(args.job)
    job.require_here()
    return JobLog(job.record.short_id, job.log())


def _cancel(context: Context, args: Namespace) -> JobRecord:
    job = context.workspace.job(args.job)
    job.cancel()
    return job.record


def _configure_export(parser: Parser) -> None:
    job_argument(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write it to")


def _export(context: Context, args: Namespace) -> Document:
    job = context.workspace.job(args.job)
    document = context.workspace.job_document(job.id)
    if args.output is None:
        return Document(f"job {job.record.short_id}", document)
    path = write_json(args.output, document)
    return Document(f"job {job.record.short_id}", document, path)


SHOW = Verb(
    name="job show",
    summary="Show one job: status, counts, first failures, results, environment.",
    example="job show 3f2a1c",
    configure=job_argument,
    run=_show,
)
LOG = Verb(
    name="job log",
    summary="Show a job's whole log with what the model printed.",
    example="job log 3f2a1c",
    configure=job_argument,
    run=_log,
)
CANCEL = Verb(
    name="job cancel",
    summary="Stop a job and everything it started.",
    example="job cancel 3f2a1c",
    configure=job_argument,
    run=_cancel,
)
EXPORT = Verb(
    name="job export",
    summary="Give the job as JSON with ModelOp's keys.",
    example="job export 3f2a1c -o job.json",
    configure=_configure_export,
    run=_export,
)
