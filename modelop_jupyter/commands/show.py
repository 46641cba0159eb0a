"""``show``: all there is to know of one model."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.reports import Document, ModelView


def run(context: Context, args: Namespace) -> ModelView | Document:
    if getattr(args, "json", False):
        # What code that reads ``rawJson`` looks for (spec 8.1, 8.2), not our own view of it.
        return Document(args.name, context.workspace.stored_model(args.name))
    return context.workspace.show(args.name)


VERB = Verb(
    name="show",
    summary="Show a model's functions, assets with their roles, snapshots, environment and jobs.",
    example="show churn@2",
    configure=name_argument,
    run=run,
)
