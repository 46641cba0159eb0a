"""The verbs ``tag`` and ``meta``: what users say of a model."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modelop_jupyter.commands.arguments import name_argument, parameter
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.errors import InvalidError

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.metadata import ModelMetadata, ModelTags

TAG_METAVAR = "+TAG|-TAG"


def _configure_tag(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument(
        "add",
        metavar=TAG_METAVAR,
        nargs="*",
        type=_added,
        help="a tag to add, such as +fraud, or to remove, such as -draft",
    )
    parser.add_argument(
        "--remove",
        metavar="TAG",
        action="append",
        default=[],
        help="a tag to remove: -TAG in another spelling",
    )


def _as_options(words: Sequence[str]) -> list[str]:
    """Return ``-TAG`` as ``--remove=TAG``, which argparse does not take for an option of its own."""
    return [
        f"--remove={word[1:]}"
        if word.startswith("-") and not word.startswith("--") and word not in ("-", "-h")
        else word
        for word in words
    ]


def _added(word: str) -> str:
    if not word.startswith("+"):
        raise argparse.ArgumentTypeError(f"write +{word} to add the tag, -{word} to remove it")
    return word[1:]


def _tag(context: Context, args: Namespace) -> ModelTags:
    return context.workspace.tag(args.name, args.add, args.remove)


def _configure_meta(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument(
        "entries",
        metavar="KEY=VALUE",
        nargs="*",
        type=_entry,
        help="an entry to set; VALUE is any JSON, or text; KEY= removes it; a.b is the key b of a",
    )


def _entry(word: str) -> tuple[str, Any, bool]:
    """Return key and value of ``KEY=VALUE``, and whether it is ``KEY=``, which removes it."""
    try:
        key, value = parameter(word)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{word!r} is not KEY=VALUE, such as owner=ada") from None
    return key, value, word.endswith("=") and value == ""


def _meta(context: Context, args: Namespace) -> ModelMetadata:
    entries = {key: value for key, value, is_removed in args.entries if not is_removed}
    removed = [key for key, _, is_removed in args.entries if is_removed]
    if twice := sorted(entries.keys() & set(removed)):
        raise InvalidError(f"{twice[0]} is both set and removed", "Name it once")
    return context.workspace.meta(args.name, entries, removed)


VERBS = (
    Verb(
        name="tag",
        summary="Add tags to a model and remove others, or list them.",
        example="tag churn +fraud -draft",
        configure=_configure_tag,
        run=_tag,
        prepare=_as_options,
    ),
    Verb(
        name="meta",
        summary="Set and remove metadata of a model, any JSON by its keys, or list it.",
        example="meta churn owner=ada review.year=2026",
        configure=_configure_meta,
        run=_meta,
    ),
)
