"""The verb ``alias``: words that stand for snapshots."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelop_jupyter.commands.arguments import name_argument
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.domain.reports import Removed
from modelop_jupyter.errors import UsageMistakeError

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.aliases import Alias


def _configure(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument(
        "word",
        metavar="WORD",
        nargs="?",
        help="the alias, such as champion; without it, the aliases of the model are listed",
    )
    parser.add_argument(
        "snapshot",
        metavar="@N",
        nargs="?",
        help="the snapshot that it stands for from now on, or another alias; the newest without it",
    )
    changes = parser.add_mutually_exclusive_group()
    changes.add_argument("--remove", action="store_true", help="take the alias away")
    changes.add_argument(
        "--history", action="store_true", help="list who moved it, when and to which snapshot"
    )


def _alias(context: Context, args: Namespace) -> Alias | Listing | Removed:
    aliases, name, word = context.workspace.aliases, args.name, args.word
    if args.history:
        moves = tuple(aliases.history(name, word))
        return Listing(moves, f"No alias of {name} was ever given.")
    if args.remove:
        if word is None or args.snapshot is not None:
            raise UsageMistakeError(
                "alias: --remove takes the alias alone", f"As in 'alias {name} champion --remove'"
            )
        aliases.remove(name, word)
        return Removed("alias", f"{name}@{word}")
    if word is None:
        listed = tuple(aliases(name))
        return Listing(listed, f"No aliases yet. '%modelop alias {name} champion @1' gives one.")
    return aliases.move(name, word, _snapshot(name, args.snapshot))


def _snapshot(name: str, word: str | None) -> str | None:
    """Return the part after the @ of ``@N``, ``NAME@N`` or ``N``."""
    if word is None:
        return None
    before, _, after = word.rpartition("@")
    if before not in ("", name):
        raise UsageMistakeError(
            f"alias: {word} is a snapshot of another model", f"Name one of {name}, as in @2"
        )
    return after


VERBS = (
    Verb(
        name="alias",
        summary="Give a word to a snapshot, as in churn@champion, or move, list or remove such words.",
        example="alias churn champion @4",
        configure=_configure,
        run=_alias,
    ),
)
