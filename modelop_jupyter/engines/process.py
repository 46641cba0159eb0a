"""A process of this machine: the command that is launched, and the handle of what runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from modelop_jupyter.engines.gpu import GpuUsage
from modelop_jupyter.engines.lifeline import Lifeline


@dataclass(frozen=True, slots=True)
class Command:
    """A command: arguments, working directory, environment and the file for its output.

    ``mark`` is put into the environment under :data:`~modelop_jupyter.domain.process_mark.MARK`, by
    which descendants are found that left the process group; ``job/0`` also belongs to the family
    ``job``. ``descriptors`` are open file descriptors to inherit; the command finds their numbers
    in the environment variables of these names.
    """

    arguments: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    console: Path = Path("console.log")
    mark: str = ""
    descriptors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """Resources of a command and its descendants: ``memory`` in bytes, ``cpu`` in seconds.

    ``gpu`` is what they take of GPUs, None where there is none.
    """

    memory: int
    cpu: float
    gpu: GpuUsage | None = None


class Handle(Protocol):
    """A launched command, used by one thread only. ``lifeline`` ends it when this process ends."""

    pid: int
    lifeline: Lifeline | None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""

    def wait(self, timeout: float) -> int | None:
        """Wait up to that many seconds; return what :meth:`poll` would."""

    def usage(self) -> Usage | None:
        """Return its resource usage, None when it has ended."""

    def kill(self, *, at_once: bool = False) -> None:
        """End it and its descendants: SIGTERM, then SIGKILL, or SIGKILL only with ``at_once``."""
