"""``models``: what is in the registry."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.reports import Listing


def run(context: Context, args: Namespace) -> Listing:  # noqa: ARG001 - a verb's signature
    rows = tuple(context.workspace.models())
    return Listing(rows, "No models yet. '%modelop register NAME' puts one into the registry.")


VERB = Verb(
    name="models",
    summary="List the models of the registry with their last jobs.",
    example="models",
    run=run,
)
