"""``diff``: two snapshots side by side."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.model_diffs import ModelDiff


def _configure(parser: Parser) -> None:
    parser.add_argument(
        "before", metavar="NAME", help="a model as it is now, or a snapshot: NAME@N"
    )
    parser.add_argument("after", metavar="NAME", help="what it is compared with, named likewise")


def _run(context: Context, args: Namespace) -> ModelDiff:
    return context.workspace.diff(args.before, args.after)


VERB = Verb(
    name="diff",
    summary="Say in what two snapshots or models differ: functions, source, assets, roles, requirements, packages.",
    example="diff churn@1 churn",
    configure=_configure,
    run=_run,
)
