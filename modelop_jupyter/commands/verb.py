"""A verb of the grammar: its words, its arguments, and the function that does it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser


def _no_arguments(parser: Parser) -> None:
    """Take no arguments."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing a user can ask for.

    ``name`` has a blank in it for a sub-verb (``asset add``); ``summary`` is one sentence;
    ``example`` is what follows ``%modelop`` or ``modelop``, and is parsed by a test. ``in_cell``
    marks a verb that takes the text of a cell, ``runs_elsewhere`` one whose cell is not run here.
    """

    name: str
    summary: str
    example: str
    run: Callable[[Context, Namespace], object]
    configure: Callable[[Parser], None] = _no_arguments
    in_cell: bool = False
    runs_elsewhere: bool = False


def name_argument(
    parser: Parser, *, what: str = "the model, or one snapshot of it: NAME@N"
) -> None:
    """Give a verb its NAME."""
    parser.add_argument("name", metavar="NAME", help=what)
