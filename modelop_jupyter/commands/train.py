"""``train``: the train function, once on whole data frames."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import values
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.submitted import (
    Submitted,
    input_arguments,
    parameter_argument,
)
from modelop_jupyter.commands.verb import Verb, name_argument


def configure(parser: Parser) -> None:
    name_argument(parser)
    input_arguments(parser)
    parameter_argument(parser)


def run(context: Context, args: Namespace) -> Submitted:
    job = context.workspace.train(
        args.name,
        values.inputs(args.inputs, context.session, context.workspace.asset_names(args.name)),
        parameters=dict(args.param),
        format=args.format,
    )
    return Submitted(job)


VERB = Verb(
    name="train",
    summary="Call the model's train function; what it leaves in outputDir stays with the job.",
    example="train churn training.csv --param depth=6",
    configure=configure,
    run=run,
)
