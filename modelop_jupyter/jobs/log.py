"""A job's log in ModelOp's words and order: engine lines and the model's console (spec 2.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import timestamp


@dataclass(frozen=True, slots=True)
class Place:
    """How far a log was read: bytes of the events and of what the model printed."""

    events: int = 0
    console: int = 0


def lines(folder: JobFolder) -> Iterator[str]:
    """Yield the log's entries; each log event knows how much the model had printed before it."""
    found, _ = read(folder, Place(), is_whole=True)
    return iter(found)


def read(
    folder: JobFolder, place: Place, *, is_whole: bool, limit: int | None = None
) -> tuple[list[str], Place]:
    """Return the entries behind a place, and the place behind them.

    ``is_whole`` takes the model's last line too, though it may go on. Of what the model printed no
    more than ``limit`` bytes are taken at a time.
    """
    console = _console(folder, place.console, limit)
    end = place.console + len(console)
    position, offset = place.console, place.events
    found: list[str] = []
    moment = datetime.now(timezone.utc)

    def print_until(target: int) -> None:
        nonlocal position
        if target > position:
            data = console[position - place.console : target - place.console]
            found.append(_entry(moment, data))
            position = target

    for behind, event in folder.event_lines(offset, is_whole=is_whole):
        if event is None:
            if not found or found[-1] != _torn(moment):
                found.append(_torn(moment))
            offset = behind
            continue
        moment = datetime.fromtimestamp(event["t"], timezone.utc)
        if event["event"] == "log":
            print_until(min(event["console"], end))
            if position < event["console"] and limit is not None:
                return found, Place(offset, position)
            found.append(f"{timestamp(moment)} [{event['level']}] {event['text']}")
        elif event["event"] == "environment" and event.get("begins", True):
            found.append(
                f"{timestamp(moment)} [info] environment: {event['step']}: {event['text']}"
            )
        offset = behind
    if not is_whole:
        cut = console.rfind(b"\n", position - place.console)
        end = place.console + cut + 1 if cut >= 0 else position
    print_until(end)
    return found, Place(offset, position)


def _console(folder: JobFolder, offset: int, limit: int | None) -> bytes:
    try:
        with folder.console.open("rb") as file:
            file.seek(offset)
            return file.read(-1 if limit is None else limit)
    except OSError:
        return b""


def _torn(moment: datetime) -> str:
    return f"{timestamp(moment)} [warning] what stood here in events.jsonl cannot be read"


def _entry(moment: datetime, data: bytes) -> str:
    text = data.decode("utf-8", "replace").rstrip("\n")
    return f"{timestamp(moment)} [info] MODEL-CONSOLE: {text}"
