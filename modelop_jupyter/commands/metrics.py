"""``metrics``: the metrics function, once on whole data frames."""

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
        "--reference", metavar="NAME", help="the model under test, for a monitor's metrics"
    )
    parser.add_argument(
        "--expect",
        metavar="RULE",
        action="append",
        default=[],
        help='judge the result by a rule such as "auc >= 0.9", or "auc >= ref - 0.01" with --against',
    )
    parser.add_argument(
        "--against",
        metavar="JOB|NAME@N",
        help="the job, or the snapshot with its last metrics job, that 'ref' in a rule means",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="count a rule of a decision table that is not decided as failed (exit code 1)",
    )
    job_arguments(parser)


def run(context: Context, args: Namespace) -> Submitted:
    path, variable = values.output(args.output, context.session)
    job = context.workspace.metrics(
        args.name,
        values.inputs(args.inputs, context.session, context.workspace.asset_names(args.name)),
        output=path,
        parameters=dict(args.param),
        reference=args.reference,
        timeout=args.timeout,
        memory=args.memory,
        expect=args.expect,
        against=args.against,
        strict=args.strict,
        format=args.format,
    )
    return Submitted(job, background=args.background, variable=variable)


VERB = Verb(
    name="metrics",
    summary="Call the model's metrics function on the inputs, each one data frame.",
    example='metrics churn scored.csv --expect "auc >= 0.9"',
    configure=configure,
    run=run,
)
