"""A verb of the grammar, and the parser of its arguments."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from modelop_jupyter.commands.context import Context
from modelop_jupyter.errors import UsageMistakeError


class HelpRequested(Exception):  # noqa: N818 - control flow, like SystemExit
    """Raised by a parser when ``-h`` or ``--help`` is among the arguments."""


class _HelpAction(argparse.Action):
    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise HelpRequested


class _ShowCodeAction(argparse._StoreTrueAction):
    """Adds ``--show-code``, which every verb has, as it has ``--help``."""


class Parser(argparse.ArgumentParser):
    """The argument parser of one verb; raises our errors where argparse prints and exits.

    ``prog`` is the program with the verb, such as ``modelop asset add``. Wrong arguments raise
    :class:`UsageMistakeError`, ``--help`` raises :class:`HelpRequested`.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog=prog, add_help=False, allow_abbrev=False)
        self.add_argument(
            "-h",
            "--help",
            action=_HelpAction,
            nargs=0,
            default=argparse.SUPPRESS,
            help="show the help of the verb",
        )
        self.show_code = self.add_argument(
            "--show-code",
            action=_ShowCodeAction,
            help="print the Python call of the line, and do not run it",
        )

    def error(self, message: str) -> NoReturn:
        program, _, verb = self.prog.partition(" ")
        raise UsageMistakeError(f"{verb}: {message}", f"Type '{program} help {verb}' for its usage")

    @property
    def positionals(self) -> list[argparse.Action]:
        """The positional arguments, in their order."""
        return [action for action in self._actions if not action.option_strings]

    @property
    def options(self) -> list[argparse.Action]:
        """The options, except those that every verb has: ``--help`` and ``--show-code``."""
        of_all = (_HelpAction, _ShowCodeAction)
        return [
            action
            for action in self._actions
            if action.option_strings and not isinstance(action, of_all)
        ]

    @property
    def option_names(self) -> list[str]:
        """Every spelling of every option, ``-h`` and ``--help`` included."""
        return [name for action in self._actions for name in action.option_strings]

    def own_and_passed_on(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """Part words into the parser's own options with their values, and all others."""
        own: list[str] = []
        others: list[str] = []
        takes_value = {
            name: action.nargs != 0 for action in self._actions for name in action.option_strings
        }
        rest = iter(words)
        for word in rest:
            if word.partition("=")[0] not in takes_value:
                others.append(word)
                continue
            own.append(word)
            if takes_value.get(word):
                own += [value for value in [next(rest, None)] if value is not None]
        return own, others


def _no_arguments(parser: Parser) -> None:
    """Add no arguments."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One command of magics and CLI.

    ``name`` is one word, or two for a verb of a group (``asset add``); ``summary`` is one sentence
    of the help; ``example`` is what follows ``%modelop`` or ``modelop`` in it, and is parsed by a
    test. ``configure`` adds the arguments to the parser. ``run`` gets the context and the parsed
    arguments, and returns a value; front doors print or display it. ``prepare`` changes words that
    argparse would take for something else. ``in_cell`` marks a verb of
    ``%%modelop``, which takes the text of a cell, and ``runs_elsewhere`` one whose cell is not run
    in the notebook's own kernel. ``owns_job`` marks one whose job ends with the process that started
    it, as no registry has it by which others could cancel it. ``takes_command`` marks one whose
    arguments are the words of another verb: what is no option of its own is passed on as it is.
    """

    name: str
    summary: str
    example: str
    run: Callable[[Context, Namespace], object]
    configure: Callable[[Parser], None] = _no_arguments
    prepare: Callable[[Sequence[str]], list[str]] = list
    in_cell: bool = False
    runs_elsewhere: bool = False
    owns_job: bool = False
    takes_command: bool = False

    def value(self, context: Context, args: Namespace, words: Sequence[str] = ()) -> object:
        """Run the verb and return its value, or with ``--show-code`` the Python code of the line.

        ``words`` are those of the line.
        """
        if not args.show_code:
            return self.run(context, args)
        from modelop_jupyter.commands.python_code import python_code

        return python_code(self, context, args, words)
