"""An argparse parser that raises our errors instead of printing its own and ending the process."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from modelop_jupyter.errors import UsageMistakeError


class HelpAsked(Exception):  # noqa: N818 - control flow, like SystemExit
    """``-h`` or ``--help`` stood among the words of a verb."""


class _AskHelp(argparse.Action):
    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise HelpAsked


class Parser(argparse.ArgumentParser):
    """The parser of one verb; ``prog`` is the whole of it, as in ``modelop asset add``."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog=prog, add_help=False, allow_abbrev=False)
        self.add_argument(
            "-h",
            "--help",
            action=_AskHelp,
            nargs=0,
            default=argparse.SUPPRESS,
            help="say what the verb does",
        )

    def error(self, message: str) -> NoReturn:
        program, _, verb = self.prog.partition(" ")
        raise UsageMistakeError(f"{verb}: {message}", f"Type '{program} help {verb}' to see how")

    @property
    def positionals(self) -> list[argparse.Action]:
        """The arguments without a name, in their order."""
        return [action for action in self._actions if not action.option_strings]

    @property
    def options(self) -> list[argparse.Action]:
        """The arguments with a name, but for ``--help``."""
        return [
            action
            for action in self._actions
            if action.option_strings and not isinstance(action, _AskHelp)
        ]

    @property
    def option_names(self) -> list[str]:
        """Every spelling of every option."""
        return [name for action in self._actions for name in action.option_strings]
