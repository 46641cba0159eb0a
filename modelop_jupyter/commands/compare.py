"""``compare``: jobs side by side."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.comparisons import Comparison


def _configure(parser: Parser) -> None:
    parser.add_argument(
        "jobs",
        metavar="JOB",
        nargs="+",
        help="two jobs or more, by their ids or the first four digits or more; all are compared with the first",
    )


def _run(context: Context, args: Namespace) -> Comparison:
    return context.workspace.compare(*args.jobs)


VERB = Verb(
    name="compare",
    summary="Say why the results of jobs differ: metrics, outputs, source, packages, parameters, input.",
    example="compare 3f2a1c 9b8b7b",
    configure=_configure,
    run=_run,
)
