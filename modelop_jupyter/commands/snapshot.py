"""``snapshot`` and ``snapshots``: a model's state, kept for ever."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.reports import Listing


def _configure(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument(
        "-m", metavar="TEXT", dest="label", help="its name; without it, NAME-YYYYMMDD_HHMM"
    )


def _take(context: Context, args: Namespace) -> Snapshot:
    return context.workspace.snapshot(args.name, label=args.label)


def _configure_list(parser: Parser) -> None:
    name_argument(parser, what="the model")


def _list(context: Context, args: Namespace) -> Listing:
    rows = tuple(context.workspace.snapshots(args.name))
    return Listing(rows, f"No snapshots yet. '%modelop snapshot {args.name}' takes one.")


VERBS = (
    Verb(
        name="snapshot",
        summary="Keep the model's state as it is now; equal content is the same snapshot.",
        example="snapshot churn -m 'before the new weights'",
        configure=_configure,
        run=_take,
    ),
    Verb(
        name="snapshots",
        summary="List the snapshots of a model.",
        example="snapshots churn",
        configure=_configure_list,
        run=_list,
    ),
)
