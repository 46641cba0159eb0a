"""Python values as JSON that keeps their types: what the runner makes the same values of again.

None, bool, int, str, finite float and list are themselves; anything else is ``{"$": kind, "v": …}``.
The kinds stand in the runner's ``exactvalues.py`` once more, which can import nothing of ours.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import math
import uuid
from collections.abc import Callable
from typing import Any

_PLAIN = (type(None), bool, int, str)


class NotKeptError(Exception):
    """A value, type or column that would not arrive as it is; ``what`` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def exact(value: Any) -> Any:
    """Return the JSON of a value; raises :class:`NotKeptError` for one that has none."""
    kind = type(value)
    if kind in _PLAIN or (kind is float and math.isfinite(value)):
        return value
    if kind is list:
        return [exact(item) for item in value]
    for family, name, form in _FORMS:
        if kind is family:
            return {"$": name, "v": form(value)}
    library = kind.__module__.partition(".")[0]
    if isinstance(value, dict):
        return {"$": "dict", "v": [[exact(key), exact(item)] for key, item in value.items()]}
    if library == "numpy" and hasattr(value, "dtype"):
        return _numpy(value)
    if library == "pandas" and kind.__name__ in _PANDAS:
        return {"$": kind.__name__, "v": _PANDAS[kind.__name__](value)}
    raise NotKeptError(f"a value of type {kind.__module__}.{kind.__qualname__}")


def zone_of(zone: Any) -> str | int | None:
    """Return a time zone as its name, or seconds east where it has none; raises :class:`NotKeptError`."""
    if zone is None:
        return None
    if zone is dt.timezone.utc:
        return "UTC"
    for attribute in ("key", "zone"):  # zoneinfo's, pytz's
        name = getattr(zone, attribute, None)
        if isinstance(name, str):
            return name
    offset = zone.utcoffset(None)
    if offset is not None and offset.microseconds == 0:
        return int(offset.total_seconds())
    raise NotKeptError(f"the time zone {zone!r}")


def _moment(value: dt.datetime) -> list[Any]:
    parts = [value.year, value.month, value.day, value.hour, value.minute, value.second]
    return [[*parts, value.microsecond], zone_of(value.tzinfo), value.fold]


def _numpy(value: Any) -> Any:
    if value.dtype.kind not in "biufcmMSU":
        if value.dtype.kind == "O" and getattr(value, "ndim", 0):
            return {"$": "objects", "v": [list(value.shape), [exact(each) for each in value.flat]]}
        raise NotKeptError(f"a numpy value of type {value.dtype}")
    little = value.astype(value.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode("ascii")
    shape = list(value.shape) if type(value).__name__ == "ndarray" else None
    return {"$": "numpy", "v": [little.dtype.str, shape, data]}


_FORMS: list[tuple[type, str, Callable[[Any], Any]]] = [
    (float, "float", repr),
    (tuple, "tuple", lambda value: [exact(item) for item in value]),
    (set, "set", lambda value: [exact(item) for item in value]),
    (frozenset, "frozenset", lambda value: [exact(item) for item in value]),
    (decimal.Decimal, "decimal", str),
    (uuid.UUID, "uuid", str),
    (bytes, "bytes", lambda value: value.decode("latin-1")),
    (bytearray, "bytearray", lambda value: value.decode("latin-1")),
    (complex, "complex", lambda value: [repr(value.real), repr(value.imag)]),
    (dt.datetime, "datetime", _moment),
    (dt.date, "date", lambda value: [value.year, value.month, value.day]),
    (
        dt.time,
        "time",
        lambda value: [
            [value.hour, value.minute, value.second, value.microsecond],
            zone_of(value.tzinfo),
            value.fold,
        ],
    ),
    (
        dt.timedelta,
        "timedelta",
        lambda value: [value.days, value.seconds, value.microseconds],
    ),
]
_PANDAS: dict[str, Callable[[Any], Any]] = {
    "NaTType": lambda _: None,
    "NAType": lambda _: None,
    "Timestamp": lambda value: [str(value.asm8), zone_of(value.tz), value.fold],
    "Timedelta": lambda value: str(value.asm8.astype("m8[ns]").astype("i8")),
    "Period": lambda value: [value.ordinal, value.freqstr],
    "Interval": lambda value: [exact(value.left), exact(value.right), value.closed],
}
