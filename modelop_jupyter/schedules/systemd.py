"""Timers and services of the user's systemd."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.schedules import Schedule, SystemdUnits
from modelop_jupyter.errors import SchedulerError
from modelop_jupyter.schedules.cron_expression import CronExpression
from modelop_jupyter.schedules.marks import mark_of, schedules_in

PROGRAM = "systemctl"
_SECONDS = 60.0
_PLAIN = re.compile(r"[\w./:=@,+-]+")


def units_of(schedule: Schedule) -> SystemdUnits:
    """Return the timer and the service of a schedule."""
    variables = [f"{name}={value}" for name, value in schedule.variables.items()]
    command = [*schedule.program, *schedule.arguments]
    description = f"Description=modelop: {schedule.kind} of {schedule.ref}"
    log = f"append:{_literal(schedule.log)}"
    service = (
        "[Unit]",
        description,
        "",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={_literal(schedule.folder)}",
        *(f"Environment={_quoted(_literal(variable))}" for variable in variables),
        f"ExecStart={' '.join(_quoted(_literal(word).replace('$', '$$')) for word in command)}",
        f"StandardOutput={log}",
        f"StandardError={log}",
    )
    timer = (
        "[Unit]",
        description,
        "",
        "[Timer]",
        *(f"OnCalendar={event}" for event in CronExpression.parse(schedule.cron).calendar_events()),
        "# What was missed while the machine was off runs when it is on again.",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    )
    name = _name(schedule)
    return SystemdUnits(name, str(_folder()), "\n".join(timer) + "\n", "\n".join(service) + "\n")


def installed(home: str) -> list[Schedule]:
    """Return the schedules of a home that have a timer."""
    found: list[Schedule] = []
    for path in sorted(_folder().glob("modelop-*.timer")):
        with contextlib.suppress(OSError):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            found += schedules_in(lines, home)
    return found


def install(schedule: Schedule) -> None:
    """Write the units of a schedule, in the place of older ones, and start the timer.

    Raises :class:`SchedulerError`, and leaves nothing behind then.
    """
    units, folder, mark = units_of(schedule), _folder(), mark_of(schedule)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.write_text(folder / f"{units.name}.service", units.service)
        files.write_text(folder / f"{units.name}.timer", f"{mark}\n{units.timer}")
    except OSError as error:
        raise SchedulerError(f"{folder}: {(error.strerror or str(error)).lower()}") from None
    try:
        _run("daemon-reload")
        _run("enable", f"{units.name}.timer")
        # A timer that runs already has the times of before.
        _run("restart", f"{units.name}.timer")
    except SchedulerError:
        _remove_files(units.name)
        raise


def remove(schedule: Schedule) -> None:
    """Stop the timer of a schedule and remove its units; raises :class:`SchedulerError`."""
    name = _name(schedule)
    _run("disable", "--now", f"{name}.timer")
    _remove_files(name)
    _run("daemon-reload")


def _remove_files(name: str) -> None:
    for ending in ("timer", "service"):
        (_folder() / f"{name}.{ending}").unlink(missing_ok=True)


def _name(schedule: Schedule) -> str:
    """Return the name of the units, which other homes have for a model of the same name, too."""
    home = hashlib.sha256(schedule.home.encode(errors="surrogateescape")).hexdigest()
    return f"modelop-{schedule.name}-{home[:8]}"


def _folder() -> Path:
    configuration = os.environ.get("XDG_CONFIG_HOME")
    return Path(configuration or Path.home() / ".config") / "systemd" / "user"


def _literal(text: str) -> str:
    """Return a text without specifiers such as ``%h``."""
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """Return a word in the quotes of systemd, if it needs any."""
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _run(*words: str) -> None:
    try:
        done = subprocess.run(
            [PROGRAM, "--user", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SchedulerError(f"{PROGRAM} cannot be run ({type(error).__name__})") from None
    if done.returncode:
        reason = (done.stderr.strip() or "no message").splitlines()[0]
        raise SchedulerError(f"{PROGRAM} --user {words[0]} failed: {reason}")
