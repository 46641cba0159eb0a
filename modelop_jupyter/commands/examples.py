"""The verb ``example``: notebooks to start from."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.examples import ExampleCopy, ExampleList
from modelop_jupyter.examples import EXAMPLES

EXAMPLE_METAVAR = "EXAMPLE"


def _configure(parser: Parser) -> None:
    names = ", ".join(example.name for example in EXAMPLES)
    parser.add_argument(
        "name",
        metavar=EXAMPLE_METAVAR,
        nargs="?",
        help=f"{names}; all are listed without it. Its notebook gets a new folder example-NAME here;"
        " nothing is overwritten",
    )


def _example(context: Context, args: Namespace) -> ExampleList | ExampleCopy:
    if args.name is None:
        return context.workspace.examples()
    return context.workspace.examples.copy(args.name)


VERBS = (
    Verb(
        name="example",
        summary="Write an example notebook to start from into this folder, or list the examples.",
        example="example regression",
        configure=_configure,
        run=_example,
    ),
)
