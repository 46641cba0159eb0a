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
)
from modelop_jupyter.commands.verb import Verb, name_argument


def configure(parser: Parser) -> None:
    name_argument(parser)
    input_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        action=values.OneOrSeveral,
        help="a file, or the name of a variable; without it the job holds the result; several take the"
        " output slots 1, 3, 5 in order",
    )
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
    words = args.output if isinstance(args.output, list) else [args.output]
    outputs = [values.output(word, context.session) for word in words]
    variables = [(2 * place + 1, name) for place, (_, name) in enumerate(outputs) if name]
    job = context.workspace.batch(
        args.name,
        values.inputs(args.inputs, context.session, context.workspace.asset_names(args.name)),
        output=[path for path, _ in outputs],
        schemas=args.schemas,
        parameters=dict(args.param),
        max_errors=args.max_errors,
        limit=args.limit,
        timeout=args.timeout,
        record_timeout=args.record_timeout,
        memory=args.memory,
        workers=args.workers,
        format=args.format,
    )
    return Submitted(
        job,
        background=args.background,
        variable=outputs[0][1],
        slot_variables=tuple(each for each in variables if each[0] > 1),
    )


VERB = Verb(
    name="batch",
    summary="Score every record of the inputs in the model's own environment.",
    example="batch churn customers.json -o scores.json --max-errors 5%",
    configure=configure,
    run=run,
)
