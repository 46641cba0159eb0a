"""Following a job: one look after another until it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.reports import JobUpdate
from modelop_jupyter.jobs.console import Console
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.pace import Pace
from modelop_jupyter.jobs.service import JobService, applied
from modelop_jupyter.jobs.steps import step_of

_FAST_SECONDS = 0.004
_SLOW_SECONDS = 0.05
_FAST_FOR = 1.0
_QUIET_SECONDS = 0.1
_IDLE_SECONDS = 1.0
_CHECK_SECONDS = 0.5


def follow(
    service: JobService,
    record: JobRecord,
    *,
    lines: int | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[JobUpdate]:
    """Yield looks at a job, ten times a second at the most, once a second when nothing happens.

    The first second is watched closely, as small jobs end in it. The last update has the phase
    ``done`` and what was printed until then. Of what was printed before, the last ``lines`` are
    given, all of them without a number. ``pause`` sleeps between two looks.
    """
    look = _Look(record, service.folder(record.id))
    if lines is not None:
        look.skip_console(lines)
    begun = time.monotonic()
    shown = checked = 0.0
    has_news = False
    while True:
        has_news = look.read() or has_news
        now = time.monotonic()
        has_ended = (look.folder.root / "outcome.json").exists()
        if has_ended or record.status.is_done or now - checked >= _CHECK_SECONDS:
            # A look that would also notice a supervisor that died without a word.
            checked = now
            record = service.refresh(record)
            if record.status.is_done:
                look.read()
                yield look.update(record, "done")
                return
        if now - shown >= (_QUIET_SECONDS if has_news else _IDLE_SECONDS):
            shown, has_news = now, False
            yield look.update(look.record, look.phase)
        pause(_FAST_SECONDS if now - begun < _FAST_FOR else _SLOW_SECONDS)


def look(service: JobService, record: JobRecord) -> JobUpdate:
    """Return one look at a job as it stands now; what it printed is not read."""
    found = _Look(record, service.folder(record.id))
    record = service.refresh(record)
    found.read_events()
    return found.update(record, "done" if record.status.is_done else found.phase)


def limit_of(record: JobRecord) -> int | None:
    """Return how many records a job stops at, None where it goes through all: each input has its own."""
    origin = record.options.get("origin") or {}
    limit = (record.options.get("limits") or {}).get("records")
    # The bad records of another job are all scored again, whatever that had been limited to.
    if limit is None or origin.get("verb") == "failed":
        return None
    return int(limit) * len(record.inputs)


class _Look:
    """What has been read of a job's folder so far."""

    def __init__(self, record: JobRecord, folder: JobFolder) -> None:
        self.record = record
        self.folder = folder
        self.phase = "waiting"
        self._offset = 0
        self._console = Console(folder.console)
        self._step: dict[str, Any] | None = None
        self._pace = self._new_pace()
        self._memory: int | None = None

    def skip_console(self, lines: int) -> None:
        """Leave out what was printed before, but for the last lines."""
        self._console.skip(lines)

    def read(self) -> bool:
        """Take in what is new; say whether there was anything."""
        before = self._offset
        self.read_events()
        return self._console.read() or self._offset > before

    def read_events(self) -> None:
        """Take in what has happened."""
        for offset, event in self.folder.events(self._offset):
            self._offset = offset
            self.record = applied(self.record, event)
            if event["event"] == "phase":
                self.phase = event["phase"]
                self._pace = self._new_pace()
            elif event["event"] == "environment":
                self._step = event
            elif event["event"] == "progress":
                self._pace.add(event)
            elif event["event"] == "memory":
                self._memory = event["bytes"]

    def _new_pace(self) -> Pace:
        return Pace(limit=limit_of(self.record))

    def update(self, record: JobRecord, phase: str) -> JobUpdate:
        """Return the look, and hand over the lines printed since the last one."""
        return JobUpdate(
            record=record,
            phase=phase,
            counts=record.counts,
            step=step_of(self._step, until=time.time()) if self._step else None,
            bytes=self._pace.bytes,
            total_bytes=self._pace.total_bytes,
            rate=self._pace.rate,
            seconds_left=self._pace.seconds_left,
            console=self._console.take(is_last=phase == "done"),
            tail=self._console.tail,
            total=self._pace.total,
            memory=self._memory,
        )
