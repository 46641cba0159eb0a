"""``show``: all there is to know of one model."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.reports import ModelView


def run(context: Context, args: Namespace) -> ModelView:
    return context.workspace.show(args.name)


VERB = Verb(
    name="show",
    summary="Show a model's functions, assets with their roles, snapshots, environment and jobs.",
    example="show churn@2",
    configure=name_argument,
    run=run,
)
