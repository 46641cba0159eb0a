"""The verbs ``env build | list | show | prove | pin | unpin | remove | gc``: models' environments."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.arguments import name_argument
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.lists import Listing


def _build_arguments(parser: Parser) -> None:
    name_argument(parser)
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="build it again, for example after it was changed by hand",
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="use only the package cache, folders and assets, no index, as every verb does with"
        " MODELOP_OFFLINE=1",
    )
    arguments.install_python_argument(parser)


def _remove_arguments(parser: Parser) -> None:
    name_argument(parser)
    parser.add_argument(
        "--force", action="store_true", help="even if it is pinned, or other models use it"
    )


def _gc_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--quota",
        metavar="SIZE",
        type=arguments.quota,
        help="the most disk space of all environments together: 20GB, 500MB, 1.5GiB, 0."
        " Without it, MODELOP_ENV_QUOTA (20GB) applies",
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed")


def _build(context: Context, args: Namespace) -> object:
    return context.workspace.env_build(
        args.name,
        rebuild=args.rebuild,
        offline=args.offline,
        install_python=args.install_python,
    )


def _list(context: Context, args: Namespace) -> Listing:  # noqa: ARG001 - a verb's signature
    rows = tuple(context.workspace.env_list())
    return Listing(rows, "No environments yet. '%modelop env build NAME' builds a model's.")


def _show(context: Context, args: Namespace) -> object:
    return context.workspace.env_show(args.name)


def _report(context: Context, args: Namespace) -> object:
    return context.workspace.env_report(args.name)


def _prove(context: Context, args: Namespace) -> object:
    return context.workspace.env_prove(args.name)


def _pin(context: Context, args: Namespace) -> object:
    return context.workspace.env_pin(args.name)


def _unpin(context: Context, args: Namespace) -> object:
    return context.workspace.env_unpin(args.name)


def _remove(context: Context, args: Namespace) -> object:
    from modelop_jupyter.kernels import specs

    return specs.remove_environment(context.workspace, args.name, force=args.force)


def _gc(context: Context, args: Namespace) -> object:
    return context.workspace.env_gc(quota=args.quota, dry_run=args.dry_run)


VERBS = (
    Verb(
        name="env build",
        summary="Build the model's environment; if it exists, report what was changed in it.",
        example="env build churn --rebuild",
        configure=_build_arguments,
        run=_build,
    ),
    Verb(
        name="env list",
        summary="List the environments with their sizes, the models that use them, and changes by hand.",
        example="env list",
        run=_list,
    ),
    Verb(
        name="env show",
        summary="Show the packages of the model's environment, and what was changed by hand.",
        example="env show churn@1",
        configure=name_argument,
        run=_show,
    ),
    Verb(
        name="env report",
        summary="Print why the environment was not built as one block of text for a ticket, without secrets.",
        example="env report churn",
        configure=name_argument,
        run=_report,
    ),
    Verb(
        name="env prove",
        summary="Check from inside the environment that it holds its lock and nothing else.",
        example="env prove churn",
        configure=name_argument,
        run=_prove,
    ),
    Verb(
        name="env pin",
        summary="Protect the model's environment from 'env gc'.",
        example="env pin churn@2",
        configure=name_argument,
        run=_pin,
    ),
    Verb(
        name="env unpin",
        summary="Allow 'env gc' to remove the model's environment again.",
        example="env unpin churn@2",
        configure=name_argument,
        run=_unpin,
    ),
    Verb(
        name="env remove",
        summary="Delete the model's environment, and the kernels of it in the launcher; the next job builds it"
        " again.",
        example="env remove churn --force",
        configure=_remove_arguments,
        run=_remove,
    ),
    Verb(
        name="env gc",
        summary="Delete the least recently used environments beyond a quota, and leftovers of killed builds.",
        example="env gc --quota 20GB --dry-run",
        configure=_gc_arguments,
        run=_gc,
    ),
)
