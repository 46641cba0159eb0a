"""Follow a job until it ends: yield updates with its progress and what the model prints."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.chunks import ChunkCounts
from modelop_jupyter.domain.reports import JobUpdate
from modelop_jupyter.domain.usage import ResourceUsage
from modelop_jupyter.jobs.live import applied
from modelop_jupyter.jobs.protocol import (
    ChunkList,
    ClusterEvent,
    EnvironmentEvent,
    FollowerProcess,
    Progress,
    RunnerResult,
    UsageEvent,
)
from modelop_jupyter.jobs.start import PhaseEvent
from modelop_jupyter.processes import is_running, start_time

if TYPE_CHECKING:
    from modelop_jupyter.domain.engines import EngineState
    from modelop_jupyter.domain.jobs import JobRecord
    from modelop_jupyter.jobs.folder import JobFolder
    from modelop_jupyter.jobs.service import JobService

_FAST_SECONDS = 0.004
_SLOW_SECONDS = 0.05
_FAST_FOR = 1.0
_QUIET_SECONDS = 0.1
_IDLE_SECONDS = 1.0
_CHECK_SECONDS = 0.5
# The rate is that of the last so many seconds; of a shorter time none is computed.
_RATE_SECONDS = 15.0
_SHORTEST_SECONDS = 0.15
_TAIL_BYTES = 1 << 16


def follow(
    service: JobService,
    record: JobRecord,
    *,
    lines: int | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[JobUpdate]:
    """Yield updates of a job: at most ten a second, and one a second when nothing happens.

    In the first second the job is polled more often, as small jobs end in it. The last update has
    the phase ``done`` and the rest of the console. ``lines`` is how many earlier lines of the
    console come first, None for all. ``pause`` sleeps between two polls.
    """
    job = _JobReader(record, service.folder_of(record))
    if lines is not None:
        job.skip_console(lines)
    begun = time.monotonic()
    shown = checked = 0.0
    has_news = False
    while True:
        has_news = job.read() or has_news
        now = time.monotonic()
        has_ended = (job.folder.root / "outcome.json").exists()
        if has_ended or record.status.is_done or now - checked >= _CHECK_SECONDS:
            # This also notices a supervisor that died without recording an end.
            checked = now
            record = service.refresh(record)
            if record.status.is_done:
                job.read()
                yield job.update(record, "done")
                return
        if now - shown >= (_QUIET_SECONDS if has_news else _IDLE_SECONDS):
            shown, has_news = now, False
            yield job.update(job.record, job.phase)
        pause(_FAST_SECONDS if now - begun < _FAST_FOR else _SLOW_SECONDS)


def current_update(service: JobService, record: JobRecord) -> JobUpdate:
    """Return one update of a job as it is now, without its console."""
    job = _JobReader(record, service.folder_of(record))
    record = service.refresh(record)
    job.read_events()
    return job.update(record, "done" if record.status.is_done else job.phase)


class _JobReader:
    """Reads the events and the console of a job's folder as they grow."""

    def __init__(self, record: JobRecord, folder: JobFolder) -> None:
        self.record = record
        self.folder = folder
        self.phase = "waiting"
        self._offset = 0
        self._console = ConsoleReader(folder.console)
        self._step: EnvironmentEvent | None = None
        self._rate = self._new_rate()
        self._usage: ResourceUsage | None = None
        self._cluster: EngineState | None = None
        self._chunks = ChunkCounter(folder)

    def skip_console(self, lines: int) -> None:
        """Skip the console's present content except for its last lines."""
        self._console.skip(lines)

    def read(self) -> bool:
        """Read new events and console output; return whether there was anything."""
        before = self._offset
        self.read_events()
        return self._console.read() or self._offset > before

    def read_events(self) -> None:
        """Read new events."""
        for offset, event in self.folder.events(self._offset):
            self._offset = offset
            self.record = applied(self.record, event)
            if isinstance(event, PhaseEvent):
                self.phase = event.phase
                self._rate = self._new_rate()
            elif isinstance(event, EnvironmentEvent):
                self._step = event
            elif isinstance(event, Progress):
                self._rate.add(event)
            elif isinstance(event, UsageEvent):
                self._usage = event.usage or ResourceUsage(event.bytes)
            elif isinstance(event, ClusterEvent):
                self._cluster = event.state

    def _new_rate(self) -> ProgressRate:
        return ProgressRate(limit=self.record.most_records)

    def update(self, record: JobRecord, phase: str) -> JobUpdate:
        """Return the current update, with the console lines since the last one."""
        return JobUpdate(
            record=record,
            phase=phase,
            counts=record.counts,
            step=self._step.step_at(time.time()) if self._step else None,
            bytes=self._rate.bytes,
            total_bytes=self._rate.total_bytes,
            rate=self._rate.rate,
            seconds_left=self._rate.seconds_left,
            console=self._console.take(is_last=phase == "done"),
            tail=self._console.tail,
            total=self._rate.total,
            usage=self._usage,
            cluster=self._cluster,
            # The chunks of a local job are its workers, of which each goes on until the end.
            chunks=self._chunks.count() if self._cluster else None,
        )


class ProgressRate:
    """Rate and remaining time of a job, from the progress of its last 15 seconds.

    ``limit`` is the number of records after which the job stops.
    """

    def __init__(self, *, limit: int | None = None) -> None:
        self.bytes = 0
        self._size: int | None = None
        self._limit = limit
        # Time, number of records and bytes of each progress event.
        self._samples: deque[tuple[float, int, int]] = deque()

    def add(self, progress: Progress) -> None:
        """Add a progress event."""
        self.bytes, self._size = progress.bytes, progress.total_bytes
        if not progress.records_in:
            # Before the first record the model is loaded; a checkpoint may not be read yet.
            return
        self._samples.append((progress.t, progress.records_in, progress.bytes))
        while len(self._samples) > 2 and self._samples[-1][0] - self._samples[1][0] > _RATE_SECONDS:
            self._samples.popleft()

    @property
    def total_bytes(self) -> int | None:
        """Bytes to read in all, estimated where a limit ends the job early; None if unknown."""
        if self._limit is None or self._size is None or not self._samples or self.bytes <= 0:
            return self._size
        return min(self._size, round(self.bytes * self._limit / self._samples[-1][1]))

    @property
    def rate(self) -> float | None:
        """Records per second, None if unknown."""
        seconds, records, _ = self._recent
        return records / seconds if seconds >= _SHORTEST_SECONDS else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end of the input, None if unknown."""
        seconds, _, size = self._recent
        if self.total_bytes is None or seconds < _SHORTEST_SECONDS or size <= 0:
            return None
        return max(0.0, seconds * (self.total_bytes - self.bytes) / size)

    @property
    def total(self) -> int | None:
        """The number of records: the limit, or an estimate from bytes, as they are not counted before."""
        if not self._samples or not self.total_bytes or self.bytes <= 0:
            return None
        if self._limit is not None and self._size is not None and self.total_bytes < self._size:
            # An estimate may miss it by one, where bytes are few or compressed.
            return self._limit
        return round(self._samples[-1][1] * self.total_bytes / self.bytes)

    @property
    def _recent(self) -> tuple[float, int, int]:
        """Seconds, records and bytes between the first and the last sample."""
        if not self._samples:
            return 0.0, 0, 0
        first, last = self._samples[0], self._samples[-1]
        return last[0] - first[0], last[1] - first[1], last[2] - first[2]


class ChunkCounter:
    """Counts the chunks of a job that are done: those whose runner has left its end marker.

    The folder is looked at once a second, and a chunk that was done is not looked at again.
    """

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._done: set[str] = set()
        self._counts: ChunkCounts | None = None
        self._looked = 0.0

    def count(self) -> ChunkCounts | None:
        """Return how many chunks are done, None where the input is not shared."""
        now = time.monotonic()
        if self._looked and now - self._looked < _IDLE_SECONDS:
            return self._counts
        self._looked = now
        stored = self._folder.read_if_whole(ChunkList)
        if stored is None:
            return self._counts
        # Those of a lost chunk stand in its place.
        ids = [chunk.id for chunk in stored.chunks]
        self._done.intersection_update(ids)
        for chunk_id in ids:
            marker = self._folder.workers_folder / chunk_id / RunnerResult.FILE
            if chunk_id not in self._done and marker.exists():
                self._done.add(chunk_id)
        self._counts = ChunkCounts(len(self._done), len(ids))
        return self._counts


class ConsoleReader:
    """Reads a growing console log, with carriage returns applied as by a terminal."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._data = b""

    def skip(self, lines: int) -> None:
        """Start at the last lines of the present content."""
        try:
            size = self._path.stat().st_size
            with self._path.open("rb") as file:
                file.seek(max(0, size - _TAIL_BYTES))
                data = file.read()
        except OSError:
            return
        last_lines = b"".join(data.splitlines(keepends=True)[-lines:]) if lines else b""
        self._offset = size - len(last_lines)

    def read(self) -> bool:
        """Read new output; return whether there was any."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return False
        self._offset += len(data)
        self._data += data
        return bool(data)

    def take(self, *, is_last: bool = False) -> str:
        """Return and forget the complete lines; with ``is_last`` the incomplete one, too."""
        cut = len(self._data) if is_last else self._data.rfind(b"\n") + 1
        text, self._data = self._data[:cut], _without_overwritten(self._data[cut:])
        lines = text.split(b"\n")
        return "\n".join(_displayed(line) for line in lines)

    @property
    def tail(self) -> str:
        """The incomplete line as it is displayed now; an incomplete character is left out."""
        return _without_overwritten(self._data).rstrip(b"\r").decode("utf-8", "ignore")


def _without_overwritten(data: bytes) -> bytes:
    """Return a line from its last carriage return on: an incomplete one must not grow forever."""
    return data[data.rstrip(b"\r").rfind(b"\r") + 1 :]


def _displayed(line: bytes) -> str:
    """Return what a terminal shows of a line; a shorter text replaces a longer one wholly."""
    return _without_overwritten(line).rstrip(b"\r").decode("utf-8", "replace")


@contextmanager
def announce_follower(folder: JobFolder) -> Iterator[None]:
    """Record in the job folder that this process waits for the job.

    Then its end is not announced elsewhere. The record is removed if the block ends before the job.
    """
    pid = os.getpid()
    # Without it, as on a full disk, the end is announced although it is also shown.
    with suppress(OSError):
        folder.write(FollowerProcess(pid, start_time(pid)))
    try:
        yield
    finally:
        if not (folder.root / "outcome.json").exists():
            (folder.root / FollowerProcess.FILE).unlink(missing_ok=True)


def has_follower(folder: JobFolder) -> bool:
    """Return whether a process that waits for the job, or waited until its end, still runs."""
    follower = folder.read_if_whole(FollowerProcess)
    return follower is not None and is_running(follower.pid, follower.began)
