"""The verbs ``export`` and ``import``: a whole model as files."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelop_jupyter.commands.arguments import name_argument
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.exchange import EXPORT_FORMATS, Exported, Imported

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context


def _configure_export(parser: Parser) -> None:
    name_argument(parser)
    parser.add_argument(
        "path",
        metavar="FILE|FOLDER",
        help="the .zip file or folder to write; existing files are not overwritten",
    )
    parser.add_argument(
        "--format",
        choices=EXPORT_FORMATS,
        default=EXPORT_FORMATS[0],
        help="modelop: for 'import'; git: a repository for ModelOp Center; mlflow: a model for"
        " mlflow.pyfunc",
    )
    parser.add_argument(
        "--wheels",
        action="store_true",
        help="put the wheels of the lock for this platform into it, so that 'run' needs no index",
    )
    parser.add_argument(
        "--no-sample",
        dest="sample",
        action="store_false",
        help="leave out the records of the last check, which 'run --verify' scores again",
    )


def _export(context: Context, args: Namespace) -> Exported:
    return context.workspace.export(
        args.name, args.path, format=args.format, wheels=args.wheels, sample=args.sample
    )


def _configure_import(parser: Parser) -> None:
    parser.add_argument(
        "path", metavar="FILE|FOLDER", help="a .zip file or folder that 'export' wrote"
    )


def _import(context: Context, args: Namespace) -> Imported:
    return context.workspace.import_(args.path)


VERBS = (
    Verb(
        name="export",
        summary="Write a model or snapshot with its source, assets, roles and lock to a .zip file or a folder.",
        example="export churn@2 churn.zip",
        configure=_configure_export,
        run=_export,
    ),
    Verb(
        name="import",
        summary="Register an exported model, under its name and with its lock.",
        example="import churn.zip",
        configure=_configure_import,
        run=_import,
    ),
)
