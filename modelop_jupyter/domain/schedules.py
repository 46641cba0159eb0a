"""Schedules: job commands that cron or systemd runs at certain times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from modelop_jupyter.domain.jobs import JobKind


class Scheduler(str, Enum):
    """What runs the commands of schedules."""

    CRONTAB = "crontab"
    SYSTEMD = "systemd"

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job command and when it runs: ``modelop KIND REF WORDS…`` in a folder.

    ``program`` are the words that start the command line, ``variables`` its environment, and ``log``
    is the file to which the output of every run is appended.
    """

    ref: str
    kind: JobKind
    words: tuple[str, ...]
    cron: str
    folder: str
    program: tuple[str, ...]
    variables: Mapping[str, str]
    log: str

    @property
    def model(self) -> str:
        return self.ref.partition("@")[0]

    @property
    def name(self) -> str:
        """The model and the kind of job: there is one schedule of each."""
        return f"{self.model}-{self.kind}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words after the name of the program."""
        return (str(self.kind), self.ref, *self.words)

    @property
    def home(self) -> str:
        return self.variables["MODELOP_HOME"]


@dataclass(frozen=True, slots=True)
class SystemdUnits:
    """A timer and the service that it starts; ``folder`` is where systemd looks for both."""

    name: str
    folder: str
    timer: str
    service: str


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """A schedule in the words of crontab and of systemd.

    ``meaning`` says when it runs, and ``next_runs`` are times of this machine's clock. ``installed``
    is where it was installed, None if it was not, and ``replaced`` what was there before.
    """

    schedule: Schedule
    meaning: str
    next_runs: tuple[datetime, ...]
    crontab: str
    systemd: SystemdUnits
    installed: Scheduler | None = None
    replaced: Schedule | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InstalledSchedule:
    """A schedule that is installed; ``next_run`` is a time of this machine's clock."""

    schedule: Schedule
    scheduler: Scheduler
    next_run: datetime | None
