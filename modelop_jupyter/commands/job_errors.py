"""``job errors``: the bad records of a job as data, one by one or counted."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.job import job_argument
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.reports import ErrorGroups, JobErrors


def configure(parser: Parser) -> None:
    job_argument(parser)
    parser.add_argument(
        "--group", action="store_true", help="count them by exception and line instead"
    )
    parser.add_argument(
        "--records",
        action="store_true",
        help="show the input records, too: they may be confidential",
    )


def run(context: Context, args: Namespace) -> JobErrors | ErrorGroups:
    job = context.workspace.job(args.job)
    job.require_here()
    if args.group:
        return ErrorGroups(job.record, job.error_groups())
    errors = job.errors()
    if not args.records:
        errors = [replace(each, record=None) for each in errors]
    return JobErrors(job.record, tuple(errors))


VERB = Verb(
    name="job errors",
    summary="List the records that were rejected or failed, each with its reason.",
    example="job errors 3f2a1c --group",
    configure=configure,
    run=run,
)
