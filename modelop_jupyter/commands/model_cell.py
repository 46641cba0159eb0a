"""``%%modelop model NAME``: a cell whose text is (part of) the model's source.

The front door runs the cell first; nothing is registered when it fails.
"""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.register import register_cells
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.reports import Registration
from modelop_jupyter.errors import UsageMistakeError


def configure(parser: Parser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="the model that the cell is (part of) the source of"
    )


def run(context: Context, args: Namespace) -> Registration:
    if not getattr(args, "has_cell", False):
        raise UsageMistakeError(
            "model needs a cell", f"In a notebook, begin a cell with %%modelop model {args.name}"
        )
    args.notebook = args.python = args.source = args.description = None
    args.asset, args.tag, args.follow_links = [], [], False
    return register_cells(context, args, chosen=EntryPoints())


VERB = Verb(
    name="model",
    summary="Run the cell here, and register its text as (part of) the model's source.",
    example="model churn",
    configure=configure,
    run=run,
    in_cell=True,
)
