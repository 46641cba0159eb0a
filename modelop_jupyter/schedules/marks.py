"""The comment that marks an installed schedule: what is listed is what cron or systemd really has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from modelop_jupyter.domain.schedules import Schedule
from modelop_jupyter.domain.wire import from_wire, mismatch, to_wire

_MARK = "# modelop schedule: "


def mark_of(schedule: Schedule) -> str:
    """Return the comment, in one line."""
    return _MARK + json.dumps(to_wire(schedule), ensure_ascii=True, sort_keys=True)


def schedule_of(line: str) -> Schedule | None:
    """Return the schedule that a line marks, None for any other line."""
    if not line.startswith(_MARK):
        return None
    try:
        document = json.loads(line.removeprefix(_MARK))
    except ValueError:
        return None
    return None if mismatch(Schedule, document) else from_wire(Schedule, document)


def schedules_in(lines: Iterable[str], home: str) -> Iterator[Schedule]:
    """Yield the schedules of a home that are marked in these lines."""
    for line in lines:
        schedule = schedule_of(line)
        if schedule is not None and schedule.home == home:
            yield schedule
