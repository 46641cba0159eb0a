"""``requirements``: what a model asks to have installed, checked, made from its imports, or upgraded."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.errors import UsageMistakeError


def configure(parser: Parser) -> None:
    name_argument(parser)
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--check",
        action="store_true",
        help="resolve them, and compare them with the imports of the source",
    )
    one.add_argument(
        "--infer",
        action="store_true",
        help="make them from the imports, with the versions of this Python's packages",
    )
    one.add_argument(
        "--upgrade",
        action="store_true",
        help="resolve anew what is not pinned, for newer versions; snapshots keep what they have",
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="with --infer: add them to the model as requirements.txt, merged with what is there",
    )


def run(context: Context, args: Namespace) -> object:
    workspace = context.workspace
    if args.write and not args.infer:
        raise UsageMistakeError("--write goes with --infer", "Write --infer --write")
    if args.infer:
        return workspace.infer_requirements(args.name, write=args.write)
    if args.upgrade:
        return workspace.upgrade_requirements(args.name)
    return workspace.requirements(args.name, check=args.check)


VERB = Verb(
    name="requirements",
    summary="Show what the assets with the role Required libraries ask for; check, infer or upgrade it.",
    example="requirements churn --check",
    configure=configure,
    run=run,
)
