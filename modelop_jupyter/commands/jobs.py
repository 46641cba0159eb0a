"""``jobs``: what was run, and what runs."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import values
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.domain.reports import Listing

_SHOWN = 50


def configure(parser: Parser) -> None:
    parser.add_argument("--model", metavar="NAME", help="only the jobs of one model")
    parser.add_argument("--running", action="store_true", help="only those that have not ended")
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--limit",
        metavar="N",
        type=values.count,
        default=_SHOWN,
        help=f"list the newest N jobs; {_SHOWN} without it",
    )
    length.add_argument("--all", action="store_true", help="list all jobs")


def run(context: Context, args: Namespace) -> Listing:
    page = context.workspace.job_page(
        model=args.model,
        statuses=[status for status in JobStatus if not status.is_done] if args.running else (),
        limit=None if args.all else args.limit,
    )
    rows = tuple(row for row in page.rows if not (args.running and row.status.is_done))
    left = page.total - len(page.rows)
    return Listing(
        rows,
        f"{'No job is running' if args.running else 'No jobs yet'}."
        " '%modelop batch NAME INPUT' submits one.",
        f"and {left:,} more: add --all, or --limit N" if left else "",
    )


VERB = Verb(
    name="jobs",
    summary="List the jobs, the newest first.",
    example="jobs --model churn --running",
    configure=configure,
    run=run,
)
