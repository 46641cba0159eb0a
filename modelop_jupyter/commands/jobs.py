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
    noun = "running job" if args.running else "job"
    return Listing(noun, rows, "'%modelop batch NAME INPUT' submits one.")


VERB = Verb(
    name="jobs",
    summary="List the jobs, the newest first.",
    example="jobs --model churn --running",
    configure=configure,
    run=run,
)
