"""What an engine is asked to start, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from modelop_jupyter.engines.lifeline import Lifeline


@dataclass(frozen=True, slots=True)
class Command:
    """An argument list, where it runs, what it sees, and the file its output goes to.

    ``mark`` is put into the environment under :data:`~modelop_jupyter.domain.marks.MARK`, so that every descendant can be
    found again, however it detached itself; ``job/0`` belongs to the family ``job``, too.
    ``descriptors`` are handed over; the command finds their numbers in the variables of these names.
    """

    arguments: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    console: Path = Path("console.log")
    mark: str = ""
    descriptors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command and all it started take now: bytes of memory, and seconds of CPU so far."""

    memory: int
    cpu: float


class Handle(Protocol):
    """A started command; called by the supervisor only. ``lifeline`` ends it with this process."""

    pid: int
    lifeline: Lifeline | None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""

    def wait(self, timeout: float) -> int | None:
        """Wait at most so many seconds; return what :meth:`poll` would."""

    def usage(self) -> Usage | None:
        """Return what it takes, None when it is gone."""

    def kill(self, *, at_once: bool = False) -> None:
        """End it and all it started; ``at_once`` without asking first."""


class Engine(Protocol):
    """A place where commands run."""

    name: str

    def launch(self, command: Command) -> Handle:
        """Start a command and return at once."""
