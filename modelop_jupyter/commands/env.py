"""``env build | list | show | prove | pin | unpin | remove | gc``: the isolated environments of models."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import values
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.disk import QUOTA
from modelop_jupyter.domain.reports import Listing


def _build_arguments(parser: Parser) -> None:
    name_argument(parser)
    parser.add_argument(
        "--rebuild", action="store_true", help="build it anew, as when it was changed by hand"
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="ask no index: take packages from the package cache, folders and assets alone, as"
        " MODELOP_OFFLINE=1 does for every verb",
    )


def _remove_arguments(parser: Parser) -> None:
    name_argument(parser)
    parser.add_argument(
        "--force", action="store_true", help="also when it is pinned, or another model's, too"
    )


def _gc_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--quota",
        metavar="SIZE",
        type=values.quota,
        default=QUOTA,
        help="what all environments may take together: 20GB (the default), 500MB, 1.5GiB, 0",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def _build(context: Context, args: Namespace) -> object:
    return context.workspace.env_build(args.name, rebuild=args.rebuild, offline=args.offline)


def _list(context: Context, args: Namespace) -> Listing:  # noqa: ARG001 - a verb's signature
    rows = tuple(context.workspace.env_list())
    return Listing(rows, "No environments yet. '%modelop env build NAME' builds a model's.")


def _show(context: Context, args: Namespace) -> object:
    return context.workspace.env_show(args.name)


def _prove(context: Context, args: Namespace) -> object:
    return context.workspace.env_prove(args.name)


def _pin(context: Context, args: Namespace) -> object:
    return context.workspace.env_pin(args.name)


def _unpin(context: Context, args: Namespace) -> object:
    return context.workspace.env_unpin(args.name)


def _remove(context: Context, args: Namespace) -> object:
    return context.workspace.env_remove(args.name, force=args.force)


def _gc(context: Context, args: Namespace) -> object:
    return context.workspace.env_gc(quota=args.quota, dry_run=args.dry_run)


VERBS = (
    Verb(
        name="env build",
        summary="Build the model's environment, or say that it is there and what was changed in it.",
        example="env build churn --rebuild",
        configure=_build_arguments,
        run=_build,
    ),
    Verb(
        name="env list",
        summary="List the environments with their sizes, the models that use them, and what is changed.",
        example="env list",
        run=_list,
    ),
    Verb(
        name="env show",
        summary="Show which packages the model's environment holds, and what was changed by hand.",
        example="env show churn@1",
        configure=name_argument,
        run=_show,
    ),
    Verb(
        name="env prove",
        summary="Look from inside the environment: it must hold its lock and nothing else.",
        example="env prove churn",
        configure=name_argument,
        run=_prove,
    ),
    Verb(
        name="env pin",
        summary="Keep the model's environment from being removed by 'env gc'.",
        example="env pin churn@2",
        configure=name_argument,
        run=_pin,
    ),
    Verb(
        name="env unpin",
        summary="Let 'env gc' remove the model's environment again when it is not used for long.",
        example="env unpin churn@2",
        configure=name_argument,
        run=_unpin,
    ),
    Verb(
        name="env remove",
        summary="Remove the model's environment from disk; the next job builds it again.",
        example="env remove churn --force",
        configure=_remove_arguments,
        run=_remove,
    ),
    Verb(
        name="env gc",
        summary="Remove the environments used least recently beyond a quota, and what killed builds left.",
        example="env gc --quota 20GB --dry-run",
        configure=_gc_arguments,
        run=_gc,
    ),
)
