"""What mends a failure, as data: every front door shows it as a button or as a line to run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

Command = tuple[str, ...]

# The verb whose cell runs in the isolated kernel.
_CELL_VERB = "run"


@dataclass(frozen=True, slots=True)
class Remedy:
    """An action that mends a failure: ``text`` is what its button says.

    ``commands`` do it, one after the other; each is the words of a command line without the name of
    the program. ``options`` are words for the command that failed, which is to be run again with
    them.
    """

    text: str
    commands: tuple[Command, ...] = ()
    options: Command = ()


def completed(remedies: Iterable[Remedy], words: Sequence[str]) -> tuple[Remedy, ...]:
    """Return remedies whose options are made commands: ``words`` is the command that failed."""
    return tuple(
        replace(remedy, commands=((*words, *remedy.options),), options=())
        if remedy.options
        else remedy
        for remedy in remedies
    )


def command_line(command: Command, program: str) -> str:
    """Return a command as it is typed; ``program`` is ``%modelop`` or ``modelop``.

    What runs a cell is the first line of that cell, in a shell's words, too.
    """
    start = "%%modelop" if command[0] == _CELL_VERB else program
    return f"{start} {shlex.join(command)}"


def as_text(remedies: Sequence[Remedy], program: str) -> str:
    """Return a line for what each remedy does, and below it the lines to run."""
    return "\n".join(
        "\n".join(
            [
                f"{remedy.text}:",
                *(f"  {command_line(command, program)}" for command in remedy.commands),
            ]
        )
        for remedy in remedies
        if remedy.commands
    )
