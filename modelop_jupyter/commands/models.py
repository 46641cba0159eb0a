"""The verbs ``models``, ``show`` and ``remove``: the registered models."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from modelop_jupyter.commands.arguments import name_argument
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.domain.reports import Document, ModelView, Removed
from modelop_jupyter.errors import UsageMistakeError

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.lineage import Lineage


def _configure_models(parser: Parser) -> None:
    parser.add_argument(
        "--match",
        metavar="QUERY",
        default="",
        help="list those that a query finds, such as 'tag:fraud metrics.auc>=0.9 name~churn'; its"
        " fields are name, description, tag, asset, function, python, alias, by, meta.KEY and"
        " metrics.PATH; a word alone is searched in all texts, - negates, quotes hold blanks",
    )


def _models(context: Context, args: Namespace) -> Listing:
    rows = tuple(context.workspace.models(match=args.match))
    if args.match:
        return Listing(rows, f"No model is found by {args.match}")
    return Listing(
        rows,
        "No models yet. '%modelop register NAME' registers one, '%modelop example' lists notebooks that do.",
    )


def _configure_show(parser: Parser) -> None:
    name_argument(parser)
    parser.add_argument(
        "--lineage",
        action="store_true",
        help="the newest jobs, each with its data, snapshot, commit and cells, and its result",
    )


def _show(context: Context, args: Namespace) -> ModelView | Document | Lineage:
    if args.lineage:
        if "@" in args.name:
            raise UsageMistakeError(
                "--lineage shows all snapshots of a model", f"Write {args.name.split('@')[0]} alone"
            )
        return context.workspace.lineage(args.name)
    if getattr(args, "json", False):
        # The document with ModelOp's keys, as scripts read it (spec 8.1, 8.2), not our own view.
        return Document(args.name, context.workspace.stored_model(args.name))
    view = context.workspace.show(args.name)
    if view.snapshot is not None:
        return view
    return replace(view, notebook_change=context.notebook_change(view.model))


def _configure_remove(parser: Parser) -> None:
    name_argument(parser, what="the model")


def _remove(context: Context, args: Namespace) -> Removed:
    from modelop_jupyter.kernels import specs

    return specs.remove_model(context.workspace, args.name)


VERBS = (
    Verb(
        name="models",
        summary="List the registered models with their last jobs, or those that a query finds.",
        example="models --match 'tag:fraud metrics.auc>=0.9'",
        configure=_configure_models,
        run=_models,
    ),
    Verb(
        name="show",
        summary="Show a model's functions, assets with their roles, snapshots, environment and jobs.",
        example="show churn@2",
        configure=_configure_show,
        run=_show,
    ),
    Verb(
        name="remove",
        summary="Remove a model from the list, and its kernels from the launcher; its snapshots and jobs are"
        " kept.",
        example="remove churn",
        configure=_configure_remove,
        run=_remove,
    ),
)
