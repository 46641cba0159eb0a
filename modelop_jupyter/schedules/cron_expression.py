"""Read cron expressions: the five fields that crontab takes, and what they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from modelop_jupyter.errors import CronError

# crontab(5). @reboot is no time at all.
_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FIELDS = (
    ("minute", "0-59", 59),
    ("hour", "0-23", 23),
    ("day of the month", "1-31", 31),
    ("month", "1-12 or JAN-DEC", 12),
    ("day of the week", "0-7 or SUN-SAT", 7),
)
# cronsim knows L, LW and #, too, which cron does not.
_SIGNS = re.compile(r"[\w*/,-]+", re.ASCII)
_WORD = re.compile(r"[A-Z]+")
_START_AND_STEP = re.compile(r"(\d+)/(\d+)")
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_NAMES = frozenset(
    "SUN MON TUE WED THU FRI SAT JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
)


@dataclass(frozen=True, slots=True)
class CronExpression:
    """When something runs: ``text`` are the five fields as every cron reads them."""

    text: str

    @classmethod
    def parse(cls, text: str) -> CronExpression:
        """Read five fields, or a nickname such as ``@daily``; raises :class:`CronError`."""
        written = text.strip()
        if written.lower() == "@reboot":
            raise CronError(text, "it names no time")
        fields = _NICKNAMES.get(written.lower(), written).split()
        if len(fields) != len(_FIELDS):
            raise CronError(text, f"it has {len(fields)} of five fields")
        for number, field in enumerate(fields):
            _require_field(text, field, number)
        expression = cls(" ".join(_portable(field, n) for n, field in enumerate(fields)))
        if not expression.next_runs(datetime(2000, 1, 1), 1):
            raise CronError(text, "there is no such day")
        return expression

    def meaning(self, now: datetime) -> str:
        """Say when it runs, such as ``At 06:00 every day``."""
        from cronsim import CronSim

        return CronSim(self.text, now).explain()

    def next_runs(self, now: datetime, count: int) -> tuple[datetime, ...]:
        """Return the next times after ``now``, without a time zone as that is."""
        from cronsim import CronSim, CronSimError

        try:
            return tuple(islice(CronSim(self.text, now), count))
        except CronSimError:
            return ()

    def calendar_events(self) -> tuple[str, ...]:
        """Return it as ``OnCalendar=`` of systemd.

        Where days of the month and of the week are both given, cron takes either, systemd only what is
        both: then there are two events.
        """
        from cronsim import CronSim

        fields = CronSim(self.text, datetime(2000, 1, 1))
        weekdays = {day % 7 for day in fields.weekdays if isinstance(day, int)}
        week = "" if len(weekdays) == 7 else f"{','.join(_DAYS[day] for day in sorted(weekdays))} "
        months, days = _listed(fields.months, 12), _listed(fields.days, 31)
        time = f"{_listed(fields.hours, 24)}:{_listed(fields.minutes, 60)}:00"
        if fields.day_and:
            return (f"{week}*-{months}-{days} {time}",)
        return (f"*-{months}-{days} {time}", f"{week}*-{months}-* {time}")


def _require_field(text: str, field: str, number: int) -> None:
    from cronsim import CronSim, CronSimError

    what, values, _ = _FIELDS[number]
    around = ["*"] * len(_FIELDS)
    around[number] = field
    is_cron = _SIGNS.fullmatch(field) and set(_WORD.findall(field.upper())) <= _NAMES
    try:
        CronSim(" ".join(around), datetime(2000, 1, 1))
    except CronSimError:
        is_cron = False
    if not is_cron:
        raise CronError(text, f"the {what} is {values}, not {field!r}")


def _portable(field: str, number: int) -> str:
    """Return a field in which ``5/15`` is a range: some crons take that for the minute 5 alone."""
    highest = _FIELDS[number][2]
    return ",".join(
        _START_AND_STEP.sub(rf"\1-{highest}/\2", term) if _START_AND_STEP.fullmatch(term) else term
        for term in field.split(",")
    )


def _listed(values: set[int], count: int) -> str:
    return "*" if len(values) == count else ",".join(f"{value:02d}" for value in sorted(values))
