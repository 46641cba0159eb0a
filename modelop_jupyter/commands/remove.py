"""``remove``: a model out of the registry."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.reports import Removed


def configure(parser: Parser) -> None:
    name_argument(parser, what="the model")


def run(context: Context, args: Namespace) -> Removed:
    return context.workspace.remove(args.name)


VERB = Verb(
    name="remove",
    summary="Take a model off the list; its snapshots and jobs stay on record.",
    example="remove churn",
    configure=configure,
    run=run,
)
