"""A job's log in ModelOp's words and order: engine lines and the model's console (spec 2.8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import timestamp


def lines(folder: JobFolder) -> Iterator[str]:
    """Yield the log's entries; each log event knows how much the model had printed before it."""
    try:
        console = folder.console.read_bytes()
    except FileNotFoundError:
        console = b""
    position = 0
    moment = datetime.now(timezone.utc)
    for _, event in folder.events():
        moment = datetime.fromtimestamp(event["t"], timezone.utc)
        if event["event"] == "environment":
            yield f"{timestamp(moment)} [info] environment: {event['step']}: {event['text']}"
        if event["event"] != "log":
            continue
        if event["console"] > position:
            yield _entry(moment, console[position : event["console"]])
            position = event["console"]
        yield f"{timestamp(moment)} [{event['level']}] {event['text']}"
    if position < len(console):
        yield _entry(moment, console[position:])


def _entry(moment: datetime, data: bytes) -> str:
    text = data.decode("utf-8", "replace").rstrip("\n")
    return f"{timestamp(moment)} [info] MODEL-CONSOLE: {text}"
