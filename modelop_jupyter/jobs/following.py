"""Following a job: one look after another until it is done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.reports import JobUpdate
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.service import JobService, applied
from modelop_jupyter.jobs.steps import step_of

_FAST_SECONDS = 0.01
_SLOW_SECONDS = 0.05
_FAST_FOR = 1.0
_QUIET_SECONDS = 0.1
_IDLE_SECONDS = 1.0
_CHECK_SECONDS = 0.5


def follow(service: JobService, record: JobRecord) -> Iterator[JobUpdate]:
    """Yield looks at a job, ten times a second at the most, once a second when nothing happens.

    The first second is watched closely, as small jobs end in it. The last update has the phase
    ``done`` and what was printed until then.
    """
    look = _Look(record, service.folder(record.id))
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
        time.sleep(_FAST_SECONDS if now - begun < _FAST_FOR else _SLOW_SECONDS)


def look(service: JobService, record: JobRecord) -> JobUpdate:
    """Return one look at a job as it stands now; what it printed is not read."""
    found = _Look(record, service.folder(record.id))
    record = service.refresh(record)
    found.read_events()
    return found.update(record, "done" if record.status.is_done else found.phase)


class _Look:
    """What has been read of a job's folder so far."""

    def __init__(self, record: JobRecord, folder: JobFolder) -> None:
        self.record = record
        self.folder = folder
        self.phase = "waiting"
        self._offset = 0
        self._console_offset = 0
        self._console = b""
        self._step: dict[str, Any] | None = None
        self._bytes = 0
        self._total: int | None = None
        self._running_since: float | None = None

    def read(self) -> bool:
        """Take in what is new; say whether there was anything."""
        before = self._offset
        self.read_events()
        return self._read_console() or self._offset > before

    def read_events(self) -> None:
        """Take in what has happened."""
        for offset, event in self.folder.events(self._offset):
            self._offset = offset
            self.record = applied(self.record, event)
            if event["event"] == "phase":
                self.phase = event["phase"]
                self._running_since = event["t"] if self.phase == "running" else None
            elif event["event"] == "environment":
                self._step = event
            elif event["event"] == "progress":
                self._bytes, self._total = event["bytes"], event["total_bytes"]

    def _read_console(self) -> bool:
        try:
            with self.folder.console.open("rb") as file:
                file.seek(self._console_offset)
                data = file.read()
        except FileNotFoundError:
            return False
        self._console_offset += len(data)
        self._console += data
        return bool(data)

    def update(self, record: JobRecord, phase: str) -> JobUpdate:
        """Return the look, and hand over the console text read since the last one.

        Bytes of a character that is not complete yet wait for the next look.
        """
        whole = len(self._console) if phase == "done" else _complete(self._console)
        text, self._console = self._console[:whole], self._console[whole:]
        rate, left = self._speed(record)
        return JobUpdate(
            record=record,
            phase=phase,
            counts=record.counts,
            step=step_of(self._step, until=time.time()) if self._step else None,
            bytes=self._bytes,
            total_bytes=self._total,
            rate=rate,
            seconds_left=left,
            console=text.decode("utf-8", "replace"),
        )

    def _speed(self, record: JobRecord) -> tuple[float | None, float | None]:
        if self._running_since is None or not record.counts.records_in:
            return None, None
        seconds = (record.ended or datetime.now(timezone.utc)).timestamp() - self._running_since
        if seconds <= 0:
            return None, None
        left = None
        if self._total and 0 < self._bytes <= self._total:
            left = seconds * (self._total - self._bytes) / self._bytes
        return record.counts.records_in / seconds, left


def _complete(data: bytes) -> int:
    """Return how many bytes end at a character's border."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            width = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if width > back else len(data)
    return len(data)
