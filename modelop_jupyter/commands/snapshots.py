"""The verbs ``snapshot``, ``snapshots`` and ``diff``: immutable states of a model."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelop_jupyter.commands.arguments import name_argument
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.lists import Listing

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.models import Snapshot
    from modelop_jupyter.domain.results.comparisons import ModelDiff


def _configure_snapshot(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument(
        "-m",
        metavar="TEXT",
        dest="label",
        help="the snapshot's label; NAME-YYYYMMDD_HHMM without it",
    )


def _snapshot(context: Context, args: Namespace) -> Snapshot:
    return context.workspace.snapshot(args.name, label=args.label)


def _configure_snapshots(parser: Parser) -> None:
    name_argument(parser, what="the model")


def _snapshots(context: Context, args: Namespace) -> Listing:
    rows = tuple(context.workspace.snapshots(args.name))
    return Listing(rows, f"No snapshots yet. '%modelop snapshot {args.name}' takes one.")


def _configure_diff(parser: Parser) -> None:
    parser.add_argument("before", metavar="NAME", help="a model, or a snapshot: NAME@N")
    parser.add_argument("after", metavar="NAME", help="the model or snapshot to compare it with")


def _diff(context: Context, args: Namespace) -> ModelDiff:
    return context.workspace.diff(args.before, args.after)


VERBS = (
    Verb(
        name="snapshot",
        summary="Take a snapshot of the model's state; equal content is the same snapshot.",
        example="snapshot churn -m 'before the new weights'",
        configure=_configure_snapshot,
        run=_snapshot,
    ),
    Verb(
        name="snapshots",
        summary="List the snapshots of a model.",
        example="snapshots churn",
        configure=_configure_snapshots,
        run=_snapshots,
    ),
    Verb(
        name="diff",
        summary="Compare two snapshots or models: functions, source, assets, roles, requirements, packages,"
        " and the metrics of their last jobs.",
        example="diff churn@1 churn",
        configure=_configure_diff,
        run=_diff,
    ),
)
