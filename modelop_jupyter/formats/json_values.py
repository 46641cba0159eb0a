"""Convert values of files and notebooks to JSON records.

``to_json_value`` is the table of types. The runner's ``json_writer.py`` has the same one for a model's
output, as it can import nothing of this package; ``tests/runner/test_json_writer.py`` compares the
two. Only for input are bytes (as in Avro's JSON encoding), and Period and Interval of pandas (as text).
NaN becomes None.
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


class NotJsonError(TypeError):
    """A value without a JSON form; ``where`` is its place in the record."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.what, self.where = what, where


def records_of_variable(name: str, value: Any) -> Iterator[Any]:
    """Yield the records of a notebook's variable: rows of a frame or table, items of a list.

    Missing values become None, as JSON has no NaN; a second column ``a`` is called ``a.1``. Raises
    :class:`InputError` for a variable without records, and at a record that JSON cannot hold.
    """
    if hasattr(value, "to_pylist"):
        try:
            rows: Iterable[Any] = (
                table_rows(value) if hasattr(value, "schema") else value.to_pylist()
            )
        except (ValueError, ArithmeticError, NotImplementedError) as error:
            raise InputError(name, f"holds values that have no Python type ({error})") from None
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
    elif _is_numpy_time(value):
        rows = list(value)  # numpy's tolist() would give numbers
    else:
        rows = value.tolist() if hasattr(value, "tolist") else value
    return plain_rows(name, rows)


def plain_rows(name: str, rows: Iterable[Any], *, first: int = 0) -> Iterator[Any]:
    """Yield the JSON form of records, the first of which has a number.

    Raises :class:`InputError` at a record that JSON cannot hold.
    """
    for number, row in enumerate(rows, first):
        try:
            yield to_json_value(row)
        except NotJsonError as error:
            raise InputError(
                name, f"record {number} cannot be JSON: {error}", "Make it numbers or text first"
            ) from None
        except RecursionError:
            raise InputError(name, f"record {number} is nested too deep") from None


def unique_names(names: Iterable[str]) -> list[str]:
    """Return column names made unique as pandas does: ``a``, ``a.1``."""
    names_so_far: dict[str, None] = {}
    for name in names:
        unique, copy = name, 0
        while unique in names_so_far:
            copy += 1
            unique = f"{name}.{copy}"
        names_so_far[unique] = None
    return list(names_so_far)


def table_rows(table: Any) -> list[dict[str, Any]]:
    """Return the rows of an Arrow table or batch; columns of the same name are renamed."""
    names = unique_names(table.schema.names)
    if not names:
        return [{} for _ in range(table.num_rows)]
    columns = [_column_values(table.column(number)) for number in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _column_values(column: Any) -> list[Any]:
    kind = column.type
    if str(getattr(kind, "extension_name", "")) in ("pandas.period", "pandas.interval"):
        return list(column.to_pandas())
    text = str(kind)
    if text == "time64[ns]":
        return [None if value is None else _time_of(value) for value in _numbers(column)]
    if text.startswith("duration"):
        # Some are finer or longer than Python's timedeltas can express.
        unit = _UNITS[kind.unit]
        return [None if value is None else value / unit for value in _numbers(column)]
    if text.startswith("timestamp[ns"):
        return _exact_moments(column)
    values: list[Any]
    try:
        values = column.to_pylist()
    except (ValueError, OverflowError):
        if not text.startswith("timestamp"):
            raise
        values = [_moment_of(value) for value in column]
    return values


def _exact_moments(column: Any) -> list[Any]:
    """Return timestamps of nanoseconds as Python's, and as ISO text where they are finer than those.

    Each has the same form whatever stands beside it, and whether pandas is installed or not.
    """
    import pyarrow
    import pyarrow.compute

    whole = pyarrow.compute.floor_temporal(column, unit="microsecond")
    moments = whole.cast(pyarrow.timestamp("us", column.type.tz)).to_pylist()
    numbers = zip(moments, _numbers(column), strict=True)
    return [
        moment if number is None or not number % 1000 else _finer(moment, number % 1000)
        for moment, number in numbers
    ]


def _finer(moment: dt.datetime, nanoseconds: int) -> str:
    """Return a moment in ISO format, with so many nanoseconds behind its microseconds."""
    here = moment.replace(tzinfo=None)
    zone = moment.isoformat().removeprefix(here.isoformat())
    return f"{here.isoformat(timespec='microseconds')}{nanoseconds:03}{zone}"


def _moment_of(value: Any) -> Any:
    """Return a timestamp of Arrow; as text where Python's years do not reach so far."""
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return value.cast("string").as_py().replace(" ", "T", 1)


def _numbers(column: Any) -> list[int | None]:
    numbers: list[int | None] = column.cast("int64").to_pylist()
    return numbers


def _time_of(nanoseconds: int) -> str:
    """Return a time of day in ISO format, with nanoseconds where there are any."""
    seconds, rest = divmod(nanoseconds, 10**9)
    moment = dt.datetime.min + dt.timedelta(seconds=seconds, microseconds=rest // 1000)
    if rest % 1000:
        return f"{moment.time().isoformat('seconds')}.{rest:09}"
    return moment.time().isoformat()


def to_json_value(value: Any) -> Any:
    """Return the JSON form of a value; raises :class:`NotJsonError` if it has none."""
    kind = type(value)
    if kind in (str, int, bool) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return _plain_fields(value)
    if isinstance(value, (list, tuple)):
        return [_at(f"[{index}]", item) for index, item in enumerate(value)]
    if kind.__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("latin-1")  # as Avro's JSON encoding writes bytes
    if isinstance(value, decimal.Decimal):
        return to_json_value(number_of(value))
    if isinstance(value, enum.Enum):
        return to_json_value(value.value)
    if isinstance(value, (uuid.UUID, PurePath)):
        return str(value)
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if kind.__module__.partition(".")[0] == "pandas" and kind.__name__ in ("Period", "Interval"):
        return str(value)
    if _is_numpy_time(value):
        return to_json_value(_from_numpy_time(value))
    if hasattr(value, "tolist") and not isinstance(value, complex):
        return to_json_value(value.tolist())
    if isinstance(value, (Set, Sequence)) and not isinstance(value, str):
        try:
            return to_json_value(sorted(value) if isinstance(value, Set) else list(value))
        except TypeError:
            return to_json_value(list(value))
    if isinstance(value, (str, int)):
        return value
    raise NotJsonError(f"{kind.__name__} has no JSON form")


def number_of(value: decimal.Decimal) -> int | float | str:
    """Return a decimal as a number if that is exact, else as its text."""
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
            raise NotJsonError(f"two fields are called {name!r}")
        fields[name] = _at(name, item)
    return fields


def _at(step: str, item: Any) -> Any:
    try:
        return to_json_value(item)
    except NotJsonError as error:
        link = "" if not error.where or error.where.startswith("[") else "."
        raise NotJsonError(error.what, f"{step}{link}{error.where}") from None


def _is_numpy_time(value: Any) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind in ("m", "M") and type(value).__module__.partition(".")[0] == "numpy"


def _from_numpy_time(value: Any) -> Any:
    """Return numpy dates as Python's and durations as seconds; finer ones as text."""
    import numpy

    if value.dtype.kind == "m":
        seconds = value / numpy.timedelta64(1, "s")
        return seconds.tolist()
    microseconds = value.astype("datetime64[us]")
    is_same = (microseconds.astype(value.dtype) == value) | numpy.isnat(value)
    return microseconds.tolist() if is_same.all() else numpy.datetime_as_string(value).tolist()
