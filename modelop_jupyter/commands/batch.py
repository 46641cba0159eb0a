"""``batch``: the score function, once for every record."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import values
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.submitted import (
    Submitted,
    input_arguments,
    job_arguments,
    output_argument,
)
from modelop_jupyter.commands.verb import Verb, name_argument


def configure(parser: Parser) -> None:
    name_argument(parser)
    input_arguments(parser)
    output_argument(parser)
    parser.add_argument(
        "--schemas",
        metavar="in|out|both",
        choices=("in", "out", "both"),
        help="check records against the model's schemas",
    )
    parser.add_argument(
        "--max-errors",
        metavar="N|P%",
        type=values.max_errors,
        help="stop after N bad records, or when more than P%% of them are bad",
    )
    parser.add_argument(
        "--limit", metavar="N", type=values.count, help="score the first N records only"
    )
    parser.add_argument(
        "--record-timeout",
        metavar="S",
        type=values.seconds,
        help="count a record that takes longer than S seconds as failed, and go on behind it",
    )
    parser.add_argument(
        "--workers",
        metavar="N|auto",
        type=values.workers,
        help="share the records among N processes, or as many as there are cores; the output is the same",
    )
    job_arguments(parser)


def run(context: Context, args: Namespace) -> Submitted:
    path, variable = values.output(args.output, context.session)
    job = context.workspace.batch(
        args.name,
        values.inputs(args.inputs, context.session, context.workspace.asset_names(args.name)),
        output=path,
        schemas=args.schemas,
        parameters=dict(args.param),
        max_errors=args.max_errors,
        limit=args.limit,
        timeout=args.timeout,
        record_timeout=args.record_timeout,
        memory=args.memory,
        workers=args.workers,
    )
    return Submitted(job, background=args.background, variable=variable)


VERB = Verb(
    name="batch",
    summary="Score every record of the inputs in the model's own environment.",
    example="batch churn customers.json -o scores.json --max-errors 5%",
    configure=configure,
    run=run,
)
