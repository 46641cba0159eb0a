"""``history``: a metric over a model's jobs."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.comparisons import History


def _configure(parser: Parser) -> None:
    name_argument(parser, what="the model, or NAME@N for the jobs of one snapshot")
    parser.add_argument(
        "metric",
        metavar="METRIC",
        help="a metric's name, or a path such as 'performance[0].values.auc'",
    )


def _run(context: Context, args: Namespace) -> History:
    return context.workspace.history(args.name, args.metric)


VERB = Verb(
    name="history",
    summary="Draw a metric over the snapshots and metrics jobs of a model.",
    example="history churn auc",
    configure=_configure,
    run=_run,
)
