"""JSON that keeps the types of Python values, for the runner to rebuild the same values.

None, bool, int, str, finite float and list are themselves; anything else is an object
``{"$": kind, "v": …}``. The runner's ``typed_frame.py`` has the same kinds, as it can import nothing
of this package.
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


class NotPreservedError(Exception):
    """A value, type or column that would not arrive unchanged; ``what`` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def to_typed_json(value: Any) -> Any:
    """Return a value as typed JSON; raises :class:`NotPreservedError` if it has no such form."""
    kind = type(value)
    if kind in _PLAIN or (kind is float and math.isfinite(value)):
        return value
    if kind is list:
        return [to_typed_json(item) for item in value]
    for family, name, form in _FORMS:
        if kind is family:
            return {"$": name, "v": form(value)}
    library = kind.__module__.partition(".")[0]
    if isinstance(value, dict):
        return {
            "$": "dict",
            "v": [[to_typed_json(key), to_typed_json(item)] for key, item in value.items()],
        }
    if library == "numpy" and hasattr(value, "dtype"):
        return _numpy(value)
    if library == "pandas" and kind.__name__ in _PANDAS:
        return {"$": kind.__name__, "v": _PANDAS[kind.__name__](value)}
    raise NotPreservedError(f"a value of type {kind.__module__}.{kind.__qualname__}")


def time_zone_of(time_zone: Any) -> str | int | None:
    """Return a time zone's name, or its offset in seconds if it has none, None for None.

    Raises :class:`NotPreservedError` for a zone with neither.
    """
    if time_zone is None:
        return None
    if time_zone is dt.timezone.utc:
        return "UTC"
    for attribute in ("key", "zone"):  # zoneinfo's, pytz's
        name = getattr(time_zone, attribute, None)
        if isinstance(name, str):
            return name
    offset = time_zone.utcoffset(None)
    if offset is not None and offset.microseconds == 0:
        return int(offset.total_seconds())
    raise NotPreservedError(f"the time zone {time_zone!r}")


def _moment(value: dt.datetime) -> list[Any]:
    parts = [value.year, value.month, value.day, value.hour, value.minute, value.second]
    return [[*parts, value.microsecond], time_zone_of(value.tzinfo), value.fold]


def _numpy(value: Any) -> Any:
    if value.dtype.kind not in "biufcmMSU":
        if value.dtype.kind == "O" and getattr(value, "ndim", 0):
            return {
                "$": "objects",
                "v": [list(value.shape), [to_typed_json(item) for item in value.flat]],
            }
        raise NotPreservedError(f"a numpy value of type {value.dtype}")
    little = value.astype(value.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode("ascii")
    shape = list(value.shape) if type(value).__name__ == "ndarray" else None
    return {"$": "numpy", "v": [little.dtype.str, shape, data]}


_FORMS: list[tuple[type, str, Callable[[Any], Any]]] = [
    (float, "float", repr),
    (tuple, "tuple", lambda value: [to_typed_json(item) for item in value]),
    (set, "set", lambda value: [to_typed_json(item) for item in value]),
    (frozenset, "frozenset", lambda value: [to_typed_json(item) for item in value]),
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
            time_zone_of(value.tzinfo),
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
    "Timestamp": lambda value: [str(value.asm8), time_zone_of(value.tz), value.fold],
    "Timedelta": lambda value: str(value.asm8.astype("m8[ns]").astype("i8")),
    "Period": lambda value: [value.ordinal, value.freqstr],
    "Interval": lambda value: [to_typed_json(value.left), to_typed_json(value.right), value.closed],
}
