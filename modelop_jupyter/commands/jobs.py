"""``jobs``: what was run, and what runs."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.reports import Listing


def configure(parser: Parser) -> None:
    parser.add_argument("--model", metavar="NAME", help="only the jobs of one model")
    parser.add_argument("--running", action="store_true", help="only those that have not ended")


def run(context: Context, args: Namespace) -> Listing:
    rows = tuple(context.workspace.jobs(model=args.model, running=args.running))
    what = "No job is running" if args.running else "No jobs yet"
    return Listing(rows, f"{what}. '%modelop batch NAME INPUT' submits one.")


VERB = Verb(
    name="jobs",
    summary="List the jobs, the newest first.",
    example="jobs --model churn --running",
    configure=configure,
    run=run,
)
