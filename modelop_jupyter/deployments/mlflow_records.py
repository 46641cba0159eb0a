"""The records in a request of an MLflow client, in any of the forms that ``mlflow models serve`` takes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from modelop_jupyter.deployments.bodies import elements, is_array, members
from modelop_jupyter.deployments.errors import (
    InvocationError,
    MediaTypeError,
    TooManyRecordsError,
)
from modelop_jupyter.deployments.scoring import MOST_RECORDS
from modelop_jupyter.formats.csvfile import Csv

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_NAMED = ", ".join(FORMS[:-1]) + " or " + FORMS[-1]


def records_of(body: bytes, media: bytes) -> list[bytes]:
    """Return the texts of the records; raises a :class:`RequestError` for a body in no known form."""
    read = _READERS.get(media)
    if read is None:
        raise MediaTypeError(media.decode("latin-1"))
    try:
        records = list(islice(read(body), MOST_RECORDS + 1))
    except json.JSONDecodeError as error:
        raise InvocationError(f"the body is not JSON: {error}") from error
    except UnicodeDecodeError as error:
        raise InvocationError(f"the body is not UTF-8 at byte {error.start + 1}") from error
    except (ValueError, csv.Error) as error:
        raise InvocationError(f"the body cannot be read: {error}") from error
    except RecursionError:
        raise InvocationError("the body is nested too deep") from None
    if len(records) > MOST_RECORDS:
        raise TooManyRecordsError(MOST_RECORDS)
    return records


def _csv_records(body: bytes) -> Iterator[bytes]:
    """Yield rows as a batch reads them (spec 13.7)."""
    lines = io.StringIO(body.decode("utf-8"), newline="")
    for row in Csv.rows_of(lines):
        yield json.dumps(row).encode()


def _json_records(body: bytes) -> Iterator[bytes]:
    if not body.lstrip().startswith(b"{"):
        json.loads(body)
        raise InvocationError(f"the body is not an object with {_NAMED}")
    fields = dict(members(body))
    given = [form for form in FORMS if form in fields]
    if not given:
        raise InvocationError(f"the body has none of {_NAMED}")
    if len(given) > 1:
        raise InvocationError(f"the body has both {given[0]} and {given[1]}")
    form = given[0]
    text = fields[form]
    if form == "dataframe_split":
        return _split(text)
    if form == "inputs":
        return _inputs(text)
    if not is_array(text):
        raise InvocationError(f"{form} is not an array")
    return elements(text)


def _split(text: bytes) -> Iterator[bytes]:
    """Yield the rows of ``{"columns": […], "data": [[…], …]}``."""
    fields = dict(members(text)) if text.startswith(b"{") else {}
    if not is_array(fields.get("data", b"")):
        raise InvocationError("dataframe_split has no array of data")
    rows = elements(fields["data"])
    if "columns" not in fields:
        return rows
    columns = json.loads(fields["columns"])
    if not isinstance(columns, list):
        raise InvocationError("the columns of dataframe_split are not an array")
    return _named(columns, rows)


def _named(columns: Sequence[object], rows: Iterable[bytes]) -> Iterator[bytes]:
    names = [
        json.dumps(name if isinstance(name, str) else json.dumps(name)).encode() for name in columns
    ]
    for number, row in enumerate(rows):
        cells = list(elements(row)) if is_array(row) else []
        if len(cells) != len(names):
            raise InvocationError(
                f"row {number} has not one value for each of {len(names)} columns"
            )
        yield _object(names, cells)


def _inputs(text: bytes) -> Iterator[bytes]:
    """Yield the rows of ``{"column": […], …}``, the elements of an array, or the one record."""
    if is_array(text):
        return elements(text)
    if not text.startswith(b"{"):
        return iter([text])
    columns = dict(members(text))
    if not columns or not all(map(is_array, columns.values())):
        return iter([text])
    names = [json.dumps(name).encode() for name in columns]
    values = [list(elements(column)) for column in columns.values()]
    if len({*map(len, values)}) > 1:
        raise InvocationError("the columns of inputs are not of one length")
    return (_object(names, row) for row in zip(*values, strict=True))


def _object(names: Iterable[bytes], values: Iterable[bytes]) -> bytes:
    pairs = zip(names, values, strict=True)
    return b"{" + b",".join(name + b":" + value for name, value in pairs) + b"}"


_READERS = {b"text/csv": _csv_records, b"application/json": _json_records, b"": _json_records}
