"""The verb ``requirements``: show, check, infer, trim or resolve a model's required libraries."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.errors import UsageMistakeError


def _configure(parser: Parser) -> None:
    arguments.name_argument(parser)
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--check",
        action="store_true",
        help="resolve them, and compare them with the imports of the source",
    )
    action.add_argument(
        "--infer",
        action="store_true",
        help="infer them from the imports, with the versions installed in this Python",
    )
    action.add_argument(
        "--upgrade",
        action="store_true",
        help="resolve requirements without a pinned version again; snapshots keep their versions",
    )
    action.add_argument(
        "--trim",
        action="store_true",
        help="score the model's test data, and list the requirements that nothing needed for it",
    )
    arguments.as_of_argument(parser)
    parser.add_argument(
        "--write",
        action="store_true",
        help="with --infer: add them to the model's requirements.txt; with --trim: remove the lines"
        " there, and check the model again",
    )


def _requirements(context: Context, args: Namespace) -> object:
    workspace = context.workspace
    if args.write and not (args.infer or args.trim):
        raise UsageMistakeError("--write needs --infer or --trim", "Write --infer --write")
    if args.as_of is not None:
        if args.check or args.infer or args.upgrade or args.trim:
            raise UsageMistakeError(
                "--as-of stands alone", "Resolve as of a day first, and look at the rest then"
            )
        return workspace.resolve_requirements_as_of(args.name, args.as_of)
    if args.infer:
        return workspace.infer_requirements(args.name, write=args.write)
    if args.trim:
        return workspace.trim_requirements(args.name, write=args.write)
    if args.upgrade:
        return workspace.upgrade_requirements(args.name)
    return workspace.requirements(args.name, check=args.check)


VERBS = (
    Verb(
        name="requirements",
        summary="Show, check, infer or upgrade the requirements of a model.",
        example="requirements churn --check",
        configure=_configure,
        run=_requirements,
    ),
)
