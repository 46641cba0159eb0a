"""``env build | list | show | prove | remove``: the isolated environments of models."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.reports import Listing


def _build(context: Context, args: Namespace) -> object:
    return context.workspace.env_build(args.name)


def _list(context: Context, args: Namespace) -> Listing:  # noqa: ARG001 - a verb's signature
    rows = tuple(context.workspace.env_list())
    return Listing(rows, "No environments yet. '%modelop env build NAME' builds a model's.")


def _show(context: Context, args: Namespace) -> object:
    return context.workspace.env_show(args.name)


def _prove(context: Context, args: Namespace) -> object:
    return context.workspace.env_prove(args.name)


def _remove(context: Context, args: Namespace) -> object:
    return context.workspace.env_remove(args.name)


VERBS = (
    Verb(
        name="env build",
        summary="Build the model's environment, or say that it is there.",
        example="env build churn",
        configure=name_argument,
        run=_build,
    ),
    Verb(
        name="env list",
        summary="List the environments with their sizes and the models that use them.",
        example="env list",
        run=_list,
    ),
    Verb(
        name="env show",
        summary="Show which packages the model's environment holds.",
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
        name="env remove",
        summary="Remove the model's environment from disk; the next job builds it again.",
        example="env remove churn",
        configure=name_argument,
        run=_remove,
    ),
)
