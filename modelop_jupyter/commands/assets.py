"""The verbs ``asset add | list | role | remove``: a model's files and their roles."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.arguments import name_argument
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.domain.reports import Registration
from modelop_jupyter.domain.roles import AssetRole

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context

_ROLE = "a role's name or label: REQUIRED_LIBRARIES, 'Required libraries'"


def _configure_add(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument(
        "file",
        metavar="FILE",
        help="the file to copy, a glob such as 'outputDir/*', or an address such as s3://bucket/x.bin",
    )
    parser.add_argument(
        "--role",
        metavar="ROLE",
        help="its name or label, such as 'Required libraries'; without it, the file's name decides",
    )
    parser.add_argument(
        "--folder", metavar="FOLDER", help="where a relative FILE begins, if not in this folder"
    )


def _add(context: Context, args: Namespace) -> Registration:
    role = None if args.role is None else AssetRole.parse(args.role)
    if args.folder is None:
        return context.workspace.asset_add(args.name, *arguments.asset_files(args.file), role=role)
    folder = Path(args.folder).expanduser()
    return context.workspace.asset_add(args.name, args.file, role=role, folder=folder)


def _list(context: Context, args: Namespace) -> Listing:
    rows = tuple(context.workspace.asset_list(args.name))
    return Listing(rows, f"No assets yet. '%modelop asset add {args.name} FILE' adds one.")


def _configure_asset(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument("asset", metavar="ASSET", help="the asset's path, or its name alone")


def _configure_role(parser: Parser) -> None:
    _configure_asset(parser)
    parser.add_argument("role", metavar="ROLE", nargs="+", help=_ROLE)


def _role(context: Context, args: Namespace) -> Registration:
    # A label without quotes is several words; as the last argument it is not ambiguous.
    role = AssetRole.parse(" ".join(args.role))
    return context.workspace.asset_role(args.name, args.asset, role)


def _remove(context: Context, args: Namespace) -> Registration:
    return context.workspace.asset_remove(args.name, args.asset)


VERBS = (
    Verb(
        name="asset add",
        summary="Add a file to a model; it replaces an asset of the same name.",
        example="asset add churn libs.txt --role 'Required libraries'",
        configure=_configure_add,
        run=_add,
    ),
    Verb(
        name="asset list",
        summary="List the assets of a model with their roles.",
        example="asset list churn",
        configure=name_argument,
        run=_list,
    ),
    Verb(
        name="asset role",
        summary="Set an asset's role.",
        example="asset role churn libs.txt REQUIRED_LIBRARIES",
        configure=_configure_role,
        run=_role,
    ),
    Verb(
        name="asset remove",
        summary="Remove an asset from a model; its snapshots keep it.",
        example="asset remove churn libs.txt",
        configure=_configure_asset,
        run=_remove,
    ),
)
