"""The log of a job in ModelOp's words and order: events and the model's console (spec 2.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from modelop_jupyter.display import engines
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import timestamp
from modelop_jupyter.jobs.protocol import ClusterEvent, EnvironmentEvent, LogEvent


@dataclass(frozen=True, slots=True)
class LogPosition:
    """How far a log was read: bytes of the events and of the console."""

    events: int = 0
    console: int = 0


def lines(folder: JobFolder) -> Iterator[str]:
    """Yield the entries of the log; console output stands before the event it preceded."""
    entries, _ = read(folder, LogPosition(), is_whole=True)
    return iter(entries)


def read(
    folder: JobFolder, start: LogPosition, *, is_whole: bool, limit: int | None = None
) -> tuple[list[str], LogPosition]:
    """Return the entries after a position, and the position after them.

    ``is_whole`` includes an incomplete last line of the console. ``limit`` is the most bytes of
    console output to read.
    """
    console = _console(folder, start.console, limit)
    end = start.console + len(console)
    console_position, event_offset = start.console, start.events
    entries: list[str] = []
    time = datetime.now(timezone.utc)

    def print_until(target: int) -> None:
        nonlocal console_position
        if target > console_position:
            data = console[console_position - start.console : target - start.console]
            entries.append(_entry(time, data))
            console_position = target

    for next_offset, event in folder.event_lines(event_offset, is_whole=is_whole):
        if event is None:
            if not entries or entries[-1] != _unreadable_line(time):
                entries.append(_unreadable_line(time))
            event_offset = next_offset
            continue
        time = datetime.fromtimestamp(event.t, timezone.utc)
        if isinstance(event, LogEvent):
            print_until(min(event.console, end))
            if console_position < event.console and limit is not None:
                return entries, LogPosition(event_offset, console_position)
            entries.append(f"{timestamp(time)} [{event.level}] {event.text}")
        elif isinstance(event, EnvironmentEvent) and event.begins:
            entries.append(f"{timestamp(time)} [info] environment: {event.step}: {event.text}")
        elif isinstance(event, ClusterEvent):
            entries.append(f"{timestamp(time)} [info] {event.engine}: {engines.size(event.state)}")
        event_offset = next_offset
    if not is_whole:
        last_newline = console.rfind(b"\n", console_position - start.console)
        end = start.console + last_newline + 1 if last_newline >= 0 else console_position
    print_until(end)
    return entries, LogPosition(event_offset, console_position)


def _console(folder: JobFolder, offset: int, limit: int | None) -> bytes:
    try:
        with folder.console.open("rb") as file:
            file.seek(offset)
            return file.read(-1 if limit is None else limit)
    except OSError:
        return b""


def _unreadable_line(moment: datetime) -> str:
    return f"{timestamp(moment)} [warning] a line of events.jsonl cannot be read"


def _entry(moment: datetime, data: bytes) -> str:
    text = data.decode("utf-8", "replace").rstrip("\n")
    return f"{timestamp(moment)} [info] MODEL-CONSOLE: {text}"
