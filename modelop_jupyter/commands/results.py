"""The verbs ``compare`` and ``history``: results of jobs side by side, and a metric over time."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelop_jupyter.commands.arguments import name_argument
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.errors import UsageMistakeError

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.results.causes import Causes
    from modelop_jupyter.domain.results.comparisons import Comparison, History


def _configure_compare(parser: Parser) -> None:
    parser.add_argument(
        "jobs",
        metavar="JOB",
        nargs="+",
        help="two or more jobs, each by its id or at least its first four digits; all are compared with"
        " the first",
    )

    parser.add_argument(
        "--why",
        action="store_true",
        help="of two jobs: put their differences back by bisection, each step a real run, until those"
        " are named that move the result",
    )


def _compare(context: Context, args: Namespace) -> Comparison | Causes:
    if args.why:
        if len(args.jobs) != 2:
            raise UsageMistakeError("--why takes two jobs", "Name two of them")
        return context.workspace.compare_why(*args.jobs)
    return context.workspace.compare(*args.jobs)


_COMPARE = Verb(
    name="compare",
    summary="Show why results of jobs differ: metrics, outputs, source, packages, parameters, input.",
    example="compare 3f2a1c 9b8b7b",
    configure=_configure_compare,
    run=_compare,
)


def _configure_history(parser: Parser) -> None:
    name_argument(parser, what="the model, or NAME@N for the jobs of one snapshot")
    parser.add_argument(
        "metric",
        metavar="METRIC",
        help="a metric's name, or a path such as 'performance[0].values.auc'",
    )


def _history(context: Context, args: Namespace) -> History:
    return context.workspace.history(args.name, args.metric)


_HISTORY = Verb(
    name="history",
    summary="Draw a metric over the snapshots and metrics jobs of a model.",
    example="history churn auc",
    configure=_configure_history,
    run=_history,
)

VERBS = (_COMPARE, _HISTORY)
