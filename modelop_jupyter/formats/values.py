"""Values of files and notebooks as records: what each kind of value is in JSON.

``plain`` is the table. The runner's ``forms.py`` has the same one for what a model gives, as it can
import nothing of ours, and ``tests/runner/test_forms.py`` holds the two together. What only goes in:
bytes (as Avro's JSON writes them), and a Period or Interval of pandas, as its text. NaN goes in as None.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import PurePath
from typing import Any

from modelop_jupyter.errors import InputError

_MOST_DIGITS = 4000
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class NoFormError(TypeError):
    """A value that JSON has nothing for; ``where`` leads to it from its record."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.what, self.where = what, where


def rows_of(name: str, value: Any) -> Iterator[Any]:
    """Yield the records of a variable: rows of a frame or table, items of a list.

    Missing values become None, as JSON has no NaN; a second column ``a`` is called ``a.1``. Raises
    :class:`InputError` for a value that holds no records, and at a record that JSON cannot hold.
    """
    if hasattr(value, "to_pylist"):
        try:
            rows: Iterable[Any] = (
                table_rows(value) if hasattr(value, "schema") else value.to_pylist()
            )
        except (ValueError, ArithmeticError, NotImplementedError) as error:
            raise InputError(name, f"holds values that Python has not ({error})") from None
    elif hasattr(value, "to_dicts"):
        rows = value.to_dicts()
    elif hasattr(value, "columns") and hasattr(value, "to_dict"):
        labels = [str(label) for label in value.columns]
        if len(set(labels)) < len(labels):
            value = value.set_axis(unique_names(labels), axis=1)
        rows = value.to_dict(orient="records")
    elif isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise InputError(
            name,
            f"the variable is of type {type(value).__name__}",
            "Give a DataFrame, an Arrow table or a list of records",
        )
    elif _has_moments(value):
        rows = list(value)  # numpy's own list has numbers for them
    else:
        rows = value.tolist() if hasattr(value, "tolist") else value
    return _plain_rows(name, rows)


def _plain_rows(name: str, rows: Iterable[Any]) -> Iterator[Any]:
    for number, row in enumerate(rows):
        try:
            yield plain(row)
        except NoFormError as error:
            raise InputError(
                name, f"record {number} cannot be JSON: {error}", "Make it numbers or text first"
            ) from None
        except RecursionError:
            raise InputError(name, f"record {number} is nested too deep") from None


def unique_names(names: Iterable[str]) -> list[str]:
    """Return names told apart as the reader of CSV does: ``a``, ``a.1``."""
    found: dict[str, None] = {}
    for name in names:
        unique, copy = name, 0
        while unique in found:
            copy += 1
            unique = f"{name}.{copy}"
        found[unique] = None
    return list(found)


def table_rows(table: Any) -> list[dict[str, Any]]:
    """Return the rows of an Arrow table or batch; no column is lost that is called as another one."""
    names = unique_names(table.schema.names)
    if not names:
        return [{} for _ in range(table.num_rows)]
    columns = [_column_values(table.column(place)) for place in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _column_values(column: Any) -> list[Any]:
    kind = column.type
    if str(getattr(kind, "extension_name", "")) in ("pandas.period", "pandas.interval"):
        return list(column.to_pandas())
    text = str(kind)
    if text == "time64[ns]":
        return [None if each is None else _time_of(each) for each in _numbers(column)]
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        # Finer or further than Python's own dates and spans.
        if text.startswith("duration"):
            unit = _UNITS[kind.unit]
            return [None if each is None else each / unit for each in _numbers(column)]
        if not text.startswith("timestamp"):
            raise
        return [
            each if each is None else each.replace(" ", "T", 1)
            for each in column.cast("string").to_pylist()
        ]
    return values


def _numbers(column: Any) -> list[int | None]:
    found: list[int | None] = column.cast("int64").to_pylist()
    return found


def _time_of(nanoseconds: int) -> str:
    """Return a time of day as ``isoformat`` writes it, to the nanosecond where it has some."""
    seconds, rest = divmod(nanoseconds, 10**9)
    moment = dt.datetime.min + dt.timedelta(seconds=seconds, microseconds=rest // 1000)
    if rest % 1000:
        return f"{moment.time().isoformat('seconds')}.{rest:09}"
    return moment.time().isoformat()


def plain(value: Any) -> Any:
    """Return what JSON has for a value; raises :class:`NoFormError` where that is nothing."""
    kind = type(value)
    if kind in (str, int, bool) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return _plain_fields(value)
    if isinstance(value, (list, tuple)):
        return [_at(f"[{place}]", item) for place, item in enumerate(value)]
    if kind.__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("latin-1")  # as Avro's JSON encoding writes bytes
    if isinstance(value, decimal.Decimal):
        return number_of(value)
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, (uuid.UUID, PurePath)):
        return str(value)
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if kind.__module__.partition(".")[0] == "pandas" and kind.__name__ in ("Period", "Interval"):
        return str(value)
    if _has_moments(value):
        return plain(_moments(value))
    if hasattr(value, "tolist") and not isinstance(value, complex):
        return plain(value.tolist())
    if isinstance(value, (Set, Sequence)) and not isinstance(value, str):
        try:
            return plain(sorted(value) if isinstance(value, Set) else list(value))
        except TypeError:
            return plain(list(value))
    if isinstance(value, (str, int)):
        return value
    raise NoFormError(f"{kind.__name__} has no JSON form")


def number_of(value: decimal.Decimal) -> int | float | str:
    """Return a decimal as a number where that is the same one, else as its text."""
    if not value.is_finite():
        return float("nan") if value.is_nan() else float(value)
    is_short = abs(value.adjusted()) < _MOST_DIGITS
    if is_short and int(value.as_tuple().exponent) >= 0:
        return int(value)
    number = float(value)
    if math.isfinite(number) and decimal.Decimal(repr(number)) == value:
        return number
    if is_short and value == value.to_integral_value():
        return int(value)
    return str(value)


def _plain_fields(value: Mapping[Any, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, item in value.items():
        name = str(key)
        if name in fields:
            raise NoFormError(f"two fields are called {name!r}")
        fields[name] = _at(name, item)
    return fields


def _at(place: str, item: Any) -> Any:
    try:
        return plain(item)
    except NoFormError as error:
        link = "" if not error.where or error.where.startswith("[") else "."
        raise NoFormError(error.what, f"{place}{link}{error.where}") from None


def _has_moments(value: Any) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind in ("m", "M") and type(value).__module__.partition(".")[0] == "numpy"


def _moments(value: Any) -> Any:
    """Return numpy's dates as Python's, its spans as seconds; what is finer than these as text."""
    import numpy

    if value.dtype.kind == "m":
        seconds = value / numpy.timedelta64(1, "s")
        return seconds.tolist()
    rough = value.astype("datetime64[us]")
    is_same = (rough.astype(value.dtype) == value) | numpy.isnat(value)
    return rough.tolist() if is_same.all() else numpy.datetime_as_string(value).tolist()
