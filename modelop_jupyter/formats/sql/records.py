"""The rows of a query as JSON lines and as a typed frame.

In JSON a value has the form that ``json_values`` gives it, as that of a Parquet file. In a frame a
column has the type that ``pandas.read_sql`` gives it, but that large whole numbers with NULL stay exact.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any

from modelop_jupyter.domain.queries import ReadingStep
from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.frames import write_columns
from modelop_jupyter.formats.json_values import NotJsonError, to_json_value
from modelop_jupyter.formats.sql.open_query import OpenQuery, Row

Progress = Callable[[ReadingStep], None]

_PROGRESS_SECONDS = 0.25
_INT64 = 2**63
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_MICROSECOND = dt.timedelta(microseconds=1)


def records_of(opened: OpenQuery, *, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield rows as records of JSON values, with the columns in the order of the query."""
    names = opened.columns
    for number, row in enumerate(islice(opened.rows(), limit)):
        try:
            yield {name: to_json_value(value) for name, value in zip(names, row, strict=True)}
        except NotJsonError:
            raise _no_json(opened, row, number) from None


def write_json_lines(
    opened: OpenQuery,
    target: IO[bytes],
    *,
    limit: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Write rows as JSON lines; returns their number."""
    count = 0
    for record in _reported(opened, records_of(opened, limit=limit), progress):
        target.write(_line(record))
        count += 1
    return count


def write_frame(opened: OpenQuery, path: Path, *, progress: Progress | None = None) -> int:
    """Write all rows as a typed frame; returns their number.

    Raises :class:`InputError` for values that would not arrive unchanged.
    """
    rows: Iterable[Row] = _reported(opened, opened.rows(), progress)
    columns: list[list[Any]] = [[] for _ in opened.columns]
    for row in rows:
        for values, value in zip(columns, row, strict=True):
            values.append(value)
    typed = [(name, *_typed(values)) for name, values in zip(opened.columns, columns, strict=True)]
    write_columns(opened.query.name, typed, path)
    return len(columns[0])


def _line(record: dict[str, Any]) -> bytes:
    try:
        return _ENCODER.encode(record).encode() + b"\n"
    except UnicodeEncodeError:  # half a character, which JSON can hold but UTF-8 cannot
        return json.dumps(record, allow_nan=False).encode() + b"\n"


def _no_json(opened: OpenQuery, row: Row, number: int) -> InputError:
    """Return the error that names the first column of a row without a JSON form."""
    for name, value in zip(opened.columns, row, strict=True):
        try:
            to_json_value(value)
        except NotJsonError as error:
            return InputError(
                opened.query.name,
                f"row {number}, column {name!r}: {error}",
                f"Write it as text in the query: CAST({name} AS TEXT) AS {name}",
            )
    raise AssertionError("every value has a JSON form")


def _reported(opened: OpenQuery, items: Iterable[Any], progress: Progress | None) -> Iterator[Any]:
    """Pass items on, and report now and then how many they were."""
    start = last = time.monotonic()
    if progress is not None:
        progress(ReadingStep(opened.query.name, 0, 0.0))
    for count, item in enumerate(items, 1):
        yield item
        if progress is not None and not count % 100:
            now = time.monotonic()
            if now - last >= _PROGRESS_SECONDS:
                last = now
                progress(ReadingStep(opened.query.name, count, now - start))


def _typed(values: Sequence[Any]) -> tuple[str | None, list[Any]]:
    """Return the type of a column, None for any Python values, and the values in it."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {bool}:
        return "bool", list(values)
    if kinds == {int}:
        fits = all(-_INT64 <= value < _INT64 for value in values if value is not None)
        return ("int64" if fits else None), list(values)
    if kinds and kinds <= {int, float, Decimal}:
        return "float64", [None if value is None else float(value) for value in values]
    if kinds == {str}:
        return "text", list(values)
    if kinds == {dt.datetime}:
        return _moments(values)
    if kinds == {dt.timedelta}:
        return "m8[us]", [None if value is None else value // _MICROSECOND for value in values]
    return None, [bytes(value) if type(value) is memoryview else value for value in values]


def _moments(values: Sequence[Any]) -> tuple[str | None, list[Any]]:
    are_zoned = {value.tzinfo is not None for value in values if value is not None}
    if len(are_zoned) > 1:
        return None, list(values)
    zone = dt.timezone.utc if are_zoned == {True} else None
    epoch = dt.datetime(1970, 1, 1, tzinfo=zone)
    numbers = [None if value is None else (value - epoch) // _MICROSECOND for value in values]
    return ("M8[us]@UTC" if zone else "M8[us]"), numbers
