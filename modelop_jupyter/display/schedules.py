"""Views of schedules."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Facts,
    Heading,
    Note,
    Span,
    Table,
    Text,
    code,
)
from modelop_jupyter.domain.schedules import InstalledSchedule, Schedule, SchedulePlan, Scheduler

_TIME = "%Y-%m-%d %H:%M"
_PLACES = {Scheduler.CRONTAB: "your crontab", Scheduler.SYSTEMD: "systemd's timers"}


def plan(value: SchedulePlan) -> Blocks:
    """Show when a job runs and where that is installed, or the lines to be installed."""
    schedule = value.schedule
    badge = (
        Span("not installed", "muted")
        if value.installed is None
        else Span(f"installed in {_PLACES[value.installed]}", "good")
    )
    next_runs = ", ".join(when.strftime(_TIME) for when in value.next_runs)
    blocks: list[Block] = [
        Heading(f"{schedule.kind} of {schedule.ref}", badge, value.meaning),
        Facts(
            (
                ("runs", code(_command(schedule))),
                ("in", code(schedule.folder)),
                ("next", next_runs),
                ("log", code(schedule.log)),
            )
        ),
    ]
    if value.replaced is not None:
        blocks.append(
            Note(
                f"It takes the place of the schedule {value.replaced.cron}"
                f" for {_command(value.replaced)}.",
                "warn",
            )
        )
    blocks += [Note(remark, "warn") for remark in value.remarks]
    if value.installed is not None:
        ending = f"'%modelop schedule remove {schedule.model} {schedule.kind}' takes it away."
        return [*blocks, Note(ending)]
    units = value.systemd
    return [
        *blocks,
        Text("a line for crontab -e", value.crontab, is_open=True),
        Text(f"or for systemd: {units.folder}/{units.name}.timer", units.timer, is_open=True),
        Text(f"{units.folder}/{units.name}.service", units.service, is_open=True),
        Note("The same line with --install puts it there, and takes nothing else away."),
    ]


def table(rows: Sequence[InstalledSchedule]) -> Table:
    """Show installed schedules."""
    return Table(
        headers=("job", "when", "next", "in", "command"),
        rows=tuple(
            (
                f"{row.schedule.kind} of {row.schedule.ref}",
                code(row.schedule.cron),
                row.next_run.strftime(_TIME) if row.next_run else "",
                str(row.scheduler),
                code(_command(row.schedule)),
            )
            for row in rows
        ),
        title="schedules",
        is_whole=True,
        optional=frozenset({3}),
    )


def _command(schedule: Schedule) -> str:
    return shlex.join(["modelop", *schedule.arguments])
