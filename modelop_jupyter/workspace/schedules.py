"""``workspace.schedules``: job commands that cron or systemd runs at certain times."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter import configuration
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.schedules import Scheduler
from modelop_jupyter.errors import InvalidError, ScheduleNotFoundError, SchedulerError
from modelop_jupyter.masking import secrets_of
from modelop_jupyter.settings import connection_variable

if TYPE_CHECKING:
    from modelop_jupyter.domain.schedules import InstalledSchedule, Schedule, SchedulePlan
    from modelop_jupyter.workspace.home import Home

DEFAULT_CRON = "0 6 * * *"
_SHOWN_RUNS = 3
_LINGER = "systemd runs timers of a user who is not logged in only after 'loginctl enable-linger'."


class SchedulesApi:
    """The schedules of a home. Called, it lists those that are installed."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self) -> list[InstalledSchedule]:
        """List the schedules that cron and systemd have."""
        from modelop_jupyter.domain.schedules import InstalledSchedule
        from modelop_jupyter.schedules.cron_expression import CronExpression

        now = datetime.now()
        return [
            InstalledSchedule(
                schedule,
                scheduler,
                next(iter(CronExpression.parse(schedule.cron).next_runs(now, 1)), None),
            )
            for schedule, scheduler in self._installed()
        ]

    def plan(
        self,
        ref: str,
        kind: JobKind | str,
        words: Sequence[str],
        *,
        cron: str = DEFAULT_CRON,
        install: bool = False,
        scheduler: Scheduler | str | None = None,
    ) -> SchedulePlan:
        """Return the lines that have cron or systemd run a job; ``install`` hands them over.

        ``words`` are those of the command line after the name of the model, such as
        ``["input.csv", "-o", "out.csv"]``; paths are relative to the present folder. There is one schedule
        of a model and a kind of job: installing takes the place of the one before. It goes into the
        crontab, where there is none to systemd, unless ``scheduler`` says where.

        Raises :class:`CronError`, and :class:`SchedulerError` where it cannot be installed.
        """
        from modelop_jupyter.domain.schedules import SchedulePlan
        from modelop_jupyter.schedules import crontab, systemd
        from modelop_jupyter.schedules.cron_expression import CronExpression

        self._home.find(ref)
        expression = CronExpression.parse(cron)
        schedule = self._schedule(ref, JobKind(kind), tuple(words), expression.text)
        target = _target(scheduler) if install else None
        replaced = None
        if target is not None:
            before = [one for one in self._installed() if one[0].name == schedule.name]
            (crontab if target is Scheduler.CRONTAB else systemd).install(schedule)
            for replaced, place in before:
                if place is not target:
                    _remove(replaced, place)
        now = datetime.now()
        return SchedulePlan(
            schedule,
            meaning=expression.meaning(now),
            next_runs=expression.next_runs(now, _SHOWN_RUNS),
            crontab=crontab.line_of(schedule),
            systemd=systemd.units_of(schedule),
            installed=target,
            replaced=replaced,
            remarks=_remarks(target),
        )

    def remove(self, name: str, kind: JobKind | str | None = None) -> list[Schedule]:
        """Take the schedules of a model away, or its one of a kind of job; returns what they were.

        Raises :class:`ScheduleNotFoundError` if there is none.
        """
        found = self._installed()
        chosen = [
            (schedule, place)
            for schedule, place in found
            if schedule.model == name.partition("@")[0] and kind in (None, schedule.kind)
        ]
        if not chosen:
            known = dict.fromkeys(schedule.model for schedule, _ in found)
            raise ScheduleNotFoundError(name, list(known))
        for schedule, place in chosen:
            _remove(schedule, place)
        return [schedule for schedule, _ in chosen]

    def _schedule(self, ref: str, kind: JobKind, words: tuple[str, ...], cron: str) -> Schedule:
        from modelop_jupyter import files
        from modelop_jupyter.domain.schedules import Schedule

        logs = self._home.settings.schedules
        files.make_private(logs)
        schedule = Schedule(
            ref, kind, words, cron, str(Path.cwd()), _program(), self._variables(words), ""
        )
        texts = (*schedule.arguments, schedule.folder, str(logs), *schedule.variables.values())
        if any(len(text.splitlines()) > 1 for text in texts):
            raise InvalidError("a schedule is one line, so that no word may have several")
        return replace(schedule, log=str(logs / f"{schedule.name}.log"))

    def _variables(self, words: Sequence[str]) -> dict[str, str]:
        """Return what the command line needs to find the same home, registry and settings.

        The address of notifications may be a secret, and stays where it is. Raises
        :class:`SchedulerError` for other secrets.
        """
        settings = self._home.settings
        keys = [key.variable for key in configuration.KEYS.values() if key != configuration.NOTIFY]
        connections = [
            connection_variable(name)
            for option, name in pairwise(words)
            if option == "--connection"
        ]
        names = dict.fromkeys([*settings.variables, *keys, *connections])
        given = {name: value for name in names if (value := os.environ.get(name))}
        for name, value in given.items():
            if secrets_of(value):
                raise SchedulerError(
                    f"{name} holds a password, which the line of a schedule would show",
                    "Leave it out of the address: PostgreSQL finds it in ~/.pgpass, too",
                )
        return {**given, "MODELOP_HOME": str(settings.home)}

    def _installed(self) -> list[tuple[Schedule, Scheduler]]:
        from modelop_jupyter.schedules import crontab, systemd

        home = str(self._home.settings.home)
        in_crontab = crontab.installed(home) if shutil.which(crontab.PROGRAM) else []
        return [
            *((schedule, Scheduler.CRONTAB) for schedule in in_crontab),
            *((schedule, Scheduler.SYSTEMD) for schedule in systemd.installed(home)),
        ]


def _program() -> tuple[str, ...]:
    """Return the command line's program: that beside this interpreter, else the module."""
    # -m would put the schedule's folder before the standard library.
    script = Path(sys.executable).with_name("modelop")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "modelop_jupyter")


def _target(scheduler: Scheduler | str | None) -> Scheduler:
    from modelop_jupyter.schedules import crontab, systemd

    programs = {Scheduler.CRONTAB: crontab.PROGRAM, Scheduler.SYSTEMD: systemd.PROGRAM}
    if scheduler is not None:
        wanted = Scheduler(scheduler)
        if shutil.which(programs[wanted]) is None:
            raise SchedulerError(f"this machine has no {programs[wanted]}")
        return wanted
    for known, program in programs.items():
        if shutil.which(program):
            return known
    raise SchedulerError(
        "this machine has neither crontab nor systemd",
        "Without --install the line is only printed, for another scheduler",
    )


def _remove(schedule: Schedule, place: Scheduler) -> None:
    from modelop_jupyter.schedules import crontab, systemd

    (crontab if place is Scheduler.CRONTAB else systemd).remove(schedule)


def _remarks(target: Scheduler | None) -> tuple[str, ...]:
    left_out = (
        f"{configuration.NOTIFY.variable} is not in the line, as it may be a secret:"
        " 'modelop config notify ADDRESS' is for schedules, too."
    )
    return (
        *([left_out] if os.environ.get(configuration.NOTIFY.variable) else []),
        *([_LINGER] if target is Scheduler.SYSTEMD else []),
    )
