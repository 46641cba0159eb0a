"""Values of a notebook as records: frames of any library, Arrow tables, lists."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from modelop_jupyter.errors import InputError


def rows_of(name: str, value: Any) -> Iterator[Any]:
    """Yield the records of a variable: rows of a frame or table, items of a list.

    Missing values become None, as JSON has no NaN. Raises :class:`InputError` for a value that
    holds no records.
    """
    if hasattr(value, "to_pylist"):
        rows: Iterable[Any] = value.to_pylist()
    elif hasattr(value, "to_dicts"):
        rows = value.to_dicts()
    elif hasattr(value, "columns") and hasattr(value, "to_dict"):
        rows = value.to_dict(orient="records")
    elif isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise InputError(
            name,
            f"the variable is of type {type(value).__name__}",
            "Give a DataFrame, an Arrow table or a list of records",
        )
    else:
        rows = value.tolist() if hasattr(value, "tolist") else value
    return map(_plain, rows)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, bytes):
        return value.decode("latin-1")  # as Avro's JSON encoding writes bytes
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
