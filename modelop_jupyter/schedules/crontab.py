"""The user's crontab: read it, and write it with the lines of others as they were."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence

from modelop_jupyter.domain.schedules import Schedule
from modelop_jupyter.errors import SchedulerError
from modelop_jupyter.schedules.marks import mark_of, schedule_of, schedules_in

PROGRAM = "crontab"
_SECONDS = 30.0
# MAX_COMMAND of cron: a longer line would be cut.
_LONGEST = 990


def line_of(schedule: Schedule) -> str:
    """Return the line of a crontab, in which a percent sign would otherwise end the command."""
    variables = [f"{name}={shlex.quote(value)}" for name, value in schedule.variables.items()]
    command = shlex.join([*schedule.program, *schedule.arguments])
    log = shlex.quote(schedule.log)
    text = f"cd {shlex.quote(schedule.folder)} && {' '.join(variables)} {command} >> {log} 2>&1"
    return f"{schedule.cron} {text}".replace("%", r"\%")


def installed(home: str) -> list[Schedule]:
    """Return the schedules of a home that the crontab has; raises :class:`SchedulerError`."""
    return list(schedules_in(_read(), home))


def install(schedule: Schedule) -> None:
    """Add a schedule to the crontab, in the place of one of the same name.

    Raises :class:`SchedulerError`.
    """
    line = line_of(schedule)
    if len(line) > _LONGEST:
        raise SchedulerError(
            f"the command of {schedule.name} is too long for a crontab",
            "Install it with --systemd, or use shorter paths",
        )
    _write([*_without(_read(), schedule), mark_of(schedule), line])


def remove(schedule: Schedule) -> None:
    """Take a schedule out of the crontab; raises :class:`SchedulerError`."""
    _write(_without(_read(), schedule))


def _without(lines: Sequence[str], schedule: Schedule) -> list[str]:
    """Return the lines without a schedule's mark and the command below it.

    The user may have changed its time, or put something else there: what does not write to the
    schedule's log stays.
    """
    log = shlex.quote(schedule.log).replace("%", r"\%")
    kept: list[str] = []
    is_marked = False
    for line in lines:
        found = schedule_of(line)
        is_ours = found is not None and (found.name, found.home) == (schedule.name, schedule.home)
        if not is_ours and not (is_marked and log in line):
            kept.append(line)
        is_marked = is_ours
    return kept


def _read() -> list[str]:
    done = _run("-l")
    if done.returncode == 0:
        # Not splitlines, which would break lines of the user's at a form feed, too.
        return done.stdout.removesuffix("\n").split("\n") if done.stdout else []
    # Whatever else went wrong, the crontab that could not be read must not be replaced.
    reason = done.stderr.strip()
    if "no crontab" in reason.lower() and not done.stdout:
        return []
    raise SchedulerError(f"the crontab cannot be read: {reason or 'no message'}")


def _write(lines: Sequence[str]) -> None:
    done = _run("-", text="".join(f"{line}\n" for line in lines))
    if done.returncode:
        reason = done.stderr.strip() or "no message"
        raise SchedulerError(f"the crontab was not changed: {reason}")


def _run(word: str, *, text: str = "") -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [PROGRAM, word],
            # The sentence about a user without a crontab is wanted in English.
            env={**os.environ, "LC_ALL": "C"},
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SchedulerError(f"{PROGRAM} cannot be run ({type(error).__name__})") from None
