"""A bare ``%modelop``: what there is, and what to type next."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.reports import Overview


def run(context: Context, args: Namespace) -> Overview:  # noqa: ARG001 - a verb's signature
    return context.workspace.overview()


VERB = Verb(
    name="",
    summary="Show the models, the environments with their sizes, and the running and last jobs.",
    example="",
    run=run,
)
