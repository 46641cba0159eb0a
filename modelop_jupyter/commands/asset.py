"""``asset add | list | role | remove``: the files of a model and what they are for."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import values
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.reports import Listing, Registration
from modelop_jupyter.domain.roles import AssetRole

_ROLE = "in ModelOp's spelling or as its label: REQUIRED_LIBRARIES, 'Required libraries'"


def _configure_add(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument(
        "file",
        metavar="FILE",
        help="the file to take a copy of, or a pattern such as 'outputDir/*'",
    )
    parser.add_argument("--role", metavar="ROLE", help=f"{_ROLE}; its name decides without it")


def _add(context: Context, args: Namespace) -> Registration:
    role = None if args.role is None else AssetRole.parse(args.role)
    return context.workspace.asset_add(args.name, *values.files(args.file), role=role)


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
    # 'Required libraries' is two words where the quotes were forgotten, and can mean nothing else.
    role = AssetRole.parse(" ".join(args.role))
    return context.workspace.asset_role(args.name, args.asset, role)


def _remove(context: Context, args: Namespace) -> Registration:
    return context.workspace.asset_remove(args.name, args.asset)


VERBS = (
    Verb(
        name="asset add",
        summary="Add a file to a model, or put a new one in the place of the one of that name.",
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
        summary="Say what an asset is for.",
        example="asset role churn libs.txt REQUIRED_LIBRARIES",
        configure=_configure_role,
        run=_role,
    ),
    Verb(
        name="asset remove",
        summary="Take an asset away from a model; its snapshots keep it.",
        example="asset remove churn libs.txt",
        configure=_configure_asset,
        run=_remove,
    ),
)
