"""Format numbers, times and sizes for people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any


def number(value: int) -> str:
    """Return ``12,345``."""
    return f"{value:,}"


def rounded(value: int) -> str:
    """Return an estimate with three significant digits: ``1,230,000``."""
    digits = len(str(value))
    return number(value if digits <= 3 else round(value, 3 - digits))


def plural(count: int, noun: str) -> str:
    """Return ``1 package`` or ``3 packages``."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def size(count: int | None) -> str:
    """Return ``1.2 MB``; nothing for an unknown size."""
    if count is None:
        return ""
    if count < 1000:
        return f"{count} B"
    value, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.1f} {units[0]}" if value < 9.95 else f"{value:.0f} {units[0]}"


def part(done: int, total: int) -> str:
    """Return ``12 of 45 MB``: both in the unit of the whole."""
    units = ["B", "kB", "MB", "GB"]
    step = next((power for power in range(3, 0, -1) if total >= 999.5 * 1000 ** (power - 1)), 0)
    digits = 1 if step and total < 9.95 * 1000**step else 0
    first, second = (f"{count / 1000**step:.{digits}f}" for count in (done, total))
    return f"{first} of {second} {units[step]}"


def duration(seconds: float) -> str:
    """Return ``0.42 s``, ``12 s``, ``3 min 5 s`` or ``2 h 7 min``; whole seconds stay whole."""
    if seconds < 9.95 and isinstance(seconds, float):
        return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def short_time(seconds: float) -> str:
    """Return ``5 µs``, ``1.5 ms``, or from one second on what :func:`duration` does."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else duration(seconds)


def age(seconds: float) -> str:
    """Return ``30 days`` of whole days, else a duration."""
    days, rest = divmod(seconds, 86400)
    if rest or not days:
        return duration(round(seconds))
    return f"{days:.0f} day{'' if days == 1 else 's'}"


def moment(when: datetime) -> str:
    """Return a time in the local time zone, to the second: saved outputs must stay true."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def moment_by(when: datetime, author: str | None) -> str:
    """Return a time, and whose deed it was where that is known: ``2026-11-23 10:00:00 by ada``."""
    return f"{moment(when)} by {author}" if author else moment(when)


def day(when: datetime) -> str:
    """Return a day in the local time zone."""
    return when.astimezone().strftime("%Y-%m-%d")


def value(thing: Any, *, limit: int = 120) -> str:
    """Return a value of a record on one line, cut if it is long."""
    if isinstance(thing, str):
        text = thing
    elif isinstance(thing, float):
        text = f"{thing:.6g}"
    elif isinstance(thing, int) or thing is None or isinstance(thing, bool):
        text = json.dumps(thing)
    else:
        text = json.dumps(thing, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
