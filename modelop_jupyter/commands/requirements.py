"""``requirements``: what a model asks to have installed."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.reports import RequirementsReport


def configure(parser: Parser) -> None:
    name_argument(parser)
    parser.add_argument(
        "--check",
        action="store_true",
        help="resolve them, and compare them with the imports of the source",
    )


def run(context: Context, args: Namespace) -> RequirementsReport:
    return context.workspace.requirements(args.name, check=args.check)


VERB = Verb(
    name="requirements",
    summary="Show the requirements of all assets with the role Required libraries.",
    example="requirements churn --check",
    configure=configure,
    run=run,
)
