"""``repair``: the list made anew of what the job folders tell."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.repairs import Repair


def run(context: Context, args: Namespace) -> Repair:  # noqa: ARG001 - a verb's signature
    return context.workspace.repair()


VERB = Verb(
    name="repair",
    summary="Put models, snapshots and jobs on the list again that the home's job folders tell of.",
    example="repair",
    run=run,
)
