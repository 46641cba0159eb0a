"""The part of the protocol between a supervisor's start and that of its runners.

A supervisor reads and writes this before it loads anything else: making the classes of
``protocol.py`` takes as long as some small jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

# Who is notified of the job's end, for the supervisor alone; what a user sets is MODELOP_NOTIFY.
NOTIFY_VARIABLE = "MODELOP_NOTIFY_TARGET"


@dataclass(frozen=True, slots=True)
class Start:
    """What the supervisor needs to start the runners.

    ``python`` is the environment's interpreter, None where the environment is not ready or nothing
    is left to run. ``workers`` is the number of runners, ``warm`` the folder of a process that a
    runner can be a fork of.
    """

    FILE: ClassVar = "start.json"

    job: str
    python: str | None
    workers: int
    warm: str | None


@dataclass(frozen=True, slots=True)
class SupervisorProcess:
    """The process that owns the job; ``began`` is its start as ``processes.start_time`` tells it."""

    FILE: ClassVar = "supervisor.json"

    pid: int
    began: float | None


@dataclass(frozen=True, slots=True)
class PhaseEvent:
    """The job has come to a phase: ``environment`` or ``running``."""

    EVENT: ClassVar = "phase"

    t: float
    phase: str
