"""Typed frames: files that keep every column type for a metrics or train function (spec 13.19).

Such a file is a line of JSON, the header, and then blocks: number and size (``<IQ``), and the
bytes. The header has a node for every column and index that says how its blocks are to be read; the
runner's ``typed_frame.py`` reads them with the pandas of the model's environment, which guesses
nothing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from modelop_jupyter import files
from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.base import Format, Opener
from modelop_jupyter.formats.typed_json import NotPreservedError, time_zone_of, to_typed_json
from modelop_jupyter.safe_open import open_regular

_HEAD = struct.Struct("<IQ")
_NAT = -(2**63)
_FLOAT_WHOLE = 2**53
_CODES = {
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
    "bool": "B",
}
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class TypedFrame(Format):
    """A typed frame in a job's folder, for a function that takes whole frames."""

    name = "frame"
    endings = ()
    runner_format = "frame"

    def read(self, path: Path, *, opener: Opener = open_regular) -> Iterator[Any]:
        raise NotImplementedError("only the runner reads a typed frame")


def is_frame(value: Any) -> bool:
    """Return whether a value is a pandas DataFrame."""
    return hasattr(value, "columns") and hasattr(value, "index") and hasattr(value, "iloc")


def write_variable(name: str, value: Any, path: Path) -> int:
    """Write a frame, table or list of records of a notebook; return the number of rows.

    Raises :class:`InputError` for a value that would not arrive unchanged.
    """
    if is_frame(value):
        return _write(name, path, lambda writer: writer.frame(value))
    if hasattr(value, "to_arrow") and hasattr(value, "to_dicts"):  # Polars
        try:
            value = value.to_arrow()
        except ImportError:
            value = value.to_dicts()
    if hasattr(value, "schema") and hasattr(value, "to_pylist"):
        return write_arrow(name, value, path)
    rows = list(value)
    return _write(name, path, lambda writer: writer.records(rows))


def write_arrow(name: str, table: Any, path: Path) -> int:
    """Write an Arrow table as the frame of its ``to_pandas``, with whole numbers kept exact.

    Without pandas in this process the table is written column by column.
    """
    try:
        import pandas  # noqa: F401 - only whether it is there
    except ImportError:
        return _write(name, path, lambda writer: writer.table(table))
    try:
        frame, text_columns = _frame_of(table)
    except (ValueError, TypeError, ArithmeticError, NotImplementedError) as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            name,
            f"would not reach the model unchanged: pandas cannot convert it ({first_line})",
            "Make its columns numbers, text or dates first, or leave them out",
        ) from None
    return _write(name, path, lambda writer: writer.frame(frame, text_columns))


def write_columns(
    name: str, columns: Sequence[tuple[str, str | None, list[Any]]], path: Path
) -> int:
    """Write columns of ``(name, type, values)``; one of type None holds any Python values."""
    return _write(name, path, lambda writer: writer.columns(columns))


def _write(name: str, path: Path, fill: Any) -> int:
    writer = _FrameWriter()
    try:
        rows: int = fill(writer)
    except NotPreservedError as error:
        raise InputError(
            name,
            f"would not reach the model unchanged: {error.what}",
            "Make it numbers, text or dates first, or leave it out",
        ) from None
    except RecursionError:
        raise InputError(name, "is nested too deep") from None
    with files.open_private(path, "wb") as file:
        writer.write(file)
    return rows


class _FrameWriter:
    """The header and the blocks of one frame."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._header: dict[str, Any] = {}

    def write(self, file: IO[bytes]) -> None:
        file.write(json.dumps(self._header).encode("ascii") + b"\n")
        for number, block in enumerate(self._blocks):
            file.write(_HEAD.pack(number, len(block)))
            file.write(block)

    def records(self, rows: list[Any]) -> int:
        """Add records; the environment's pandas makes a frame of them as of any list."""
        self._header = {"rows": len(rows), "records": self._objects(rows, "row")}
        return len(rows)

    def columns(self, columns: Sequence[tuple[str, str | None, list[Any]]]) -> int:
        rows = len(columns[0][2]) if columns else 0
        self._header = {
            "rows": rows,
            "index": {"kind": "range", "range": [0, rows, 1], "name": None},
            "names": self._objects([name for name, _, _ in columns], "name", kind="object"),
            "columns": [
                {**self._column(name, kind, values), "label": repr(name)}
                for name, kind, values in columns
            ],
        }
        return rows

    def frame(self, frame: Any, text_columns: Iterable[int] = ()) -> int:
        """Add a pandas frame; the columns at ``texts`` get the text type of the reading pandas."""
        text_columns = set(text_columns)
        columns = []
        for number, label in enumerate(frame.columns):
            series = frame.iloc[:, number]
            with _located(f"column {label!r}"):
                node = self._values(series.array, series.dtype, is_text=number in text_columns)
            columns.append({**node, "label": repr(label)})
        with _located("the index"):
            index = self._index(frame.index)
        with _located("the names of the columns"):
            names = self._index(frame.columns)
        self._header = {"rows": len(frame), "index": index, "names": names, "columns": columns}
        return len(frame)

    def table(self, table: Any) -> int:
        """Add an Arrow table, in a process without pandas."""
        index_columns = (table.schema.pandas_metadata or {}).get("index_columns") or ()
        index = {name for name in index_columns if isinstance(name, str)}
        if index:
            raise NotPreservedError("its index, for which pandas must be installed here")
        columns = []
        for number, field in enumerate(table.schema):
            columns.append((field.name, *_arrow_column(field.type, table.column(number))))
        self.columns(columns)
        return int(table.num_rows)

    # -- nodes ---------------------------------------------------------------------------------

    def _add(self, block: bytes) -> int:
        self._blocks.append(block)
        return len(self._blocks) - 1

    def _raw(self, values: Any) -> dict[str, Any]:
        little = values.astype(values.dtype.newbyteorder("<"), copy=False)
        return {"kind": "raw", "dtype": little.dtype.str, "data": self._add(little.tobytes())}

    def _objects(self, values: Iterable[Any], what: str, *, kind: str = "object") -> dict[str, Any]:
        items = []
        for row, value in enumerate(values):
            try:
                items.append(to_typed_json(value))
            except NotPreservedError as error:
                raise NotPreservedError(f"{what} {row}: {error.what}") from None
        return {"kind": kind, "data": self._add(json.dumps(items).encode("ascii"))}

    def _texts(self, values: Iterable[Any], dtype: str) -> dict[str, Any]:
        """Return the node of texts; a value that is not a text is a missing one."""
        items = [str(value) if isinstance(value, str) else None for value in values]
        return {
            "kind": "text",
            "dtype": dtype,
            "data": self._add(json.dumps(items).encode("ascii")),
        }

    def _values(self, values: Any, dtype: Any, *, is_text: bool = False) -> dict[str, Any]:
        name = type(dtype).__name__
        if is_text and (str(dtype) in ("object", "str")):
            return self._texts(values, "text")
        if getattr(dtype, "kind", "O") in "biufcmM" and name.endswith("DType"):
            return self._raw(values.to_numpy())
        if name == "DatetimeTZDtype":
            moments = values.tz_convert("UTC").tz_localize(None).to_numpy()
            return {"kind": "zoned", "zone": time_zone_of(dtype.tz), "moments": self._raw(moments)}
        if name == "CategoricalDtype":
            return {
                "kind": "category",
                "codes": self._raw(values.codes),
                "categories": self._index(dtype.categories),
                "ordered": bool(dtype.ordered),
            }
        if hasattr(dtype, "numpy_dtype") and name[:-5] in _MASKED:
            filled = values.to_numpy(dtype=dtype.numpy_dtype, na_value=0)
            masked = {"values": self._raw(filled), "mask": self._raw(values.isna())}
            return {"kind": "masked", "dtype": str(dtype), **masked}
        if name == "StringDtype":
            return self._texts(values, str(dtype))
        if name == "PeriodDtype":
            return {"kind": "period", "freq": dtype.freq.freqstr, "values": self._raw(values.asi8)}
        if name == "IntervalDtype":
            return {
                "kind": "interval",
                "left": self._index(values.left),
                "right": self._index(values.right),
                "closed": values.closed,
            }
        if name == "SparseDtype":
            dense = values.to_dense()
            node = self._values(_array_of(dense), dense.dtype)
            return {"kind": "sparse", "dense": node, "fill": to_typed_json(dtype.fill_value)}
        if name == "ArrowDtype":
            return {"kind": "arrow", "dtype": str(dtype), "data": self._add(_ipc(values))}
        if getattr(dtype, "kind", "") == "O" and name == "ObjectDType":
            return self._objects(values, "row")
        raise NotPreservedError(f"its type is {dtype}")

    def _index(self, index: Any) -> dict[str, Any]:
        kind = type(index).__name__
        if kind == "MultiIndex":
            return {
                "kind": "multi",
                "levels": [self._index(level) for level in index.levels],
                "codes": [self._raw(_numpy_of(codes)) for codes in index.codes],
                "names": [to_typed_json(name) for name in index.names],
            }
        name = to_typed_json(index.name)
        if kind == "RangeIndex":
            return {
                "kind": "range",
                "range": [index.start, index.stop, index.step],
                "name": name,
            }
        freq = (
            getattr(index, "freqstr", None) if kind in ("DatetimeIndex", "TimedeltaIndex") else None
        )
        return {
            "kind": "index",
            "name": name,
            "freq": freq,
            "of": self._values(index.array, index.dtype),
        }

    def _column(self, name: str, kind: str | None, values: list[Any]) -> dict[str, Any]:
        """Return the node of Python values of a type; None is a missing value."""
        with _located(f"column {name!r}"):
            if kind is None:
                return self._objects(values, "row")
            if kind == "text":
                return self._texts(values, "text")
            if kind.startswith(("M8[", "m8[")):
                base, _, zone = kind.partition("@")
                numbers = array("q", [_NAT if value is None else value for value in values])
                node = {"kind": "raw", "dtype": f"<{base}", "data": self._add(_little(numbers))}
                return {"kind": "zoned", "zone": zone, "moments": node} if zone else node
            mask = bytes(value is None for value in values)
            numbers = array(_CODES[kind], [0 if value is None else value for value in values])
            dtype = "|b1" if kind == "bool" else f"<{kind[0]}{numbers.itemsize}"
            node = {"kind": "raw", "dtype": dtype, "data": self._add(_little(numbers))}
            if not any(mask):
                return node
            gaps = {"kind": "raw", "dtype": "|b1", "data": self._add(mask)}
            return {"kind": "gaps", "type": kind, "values": node, "mask": gaps}


_MASKED = {
    *("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"),
    *("Float32", "Float64", "Boolean"),
}


@contextlib.contextmanager
def _located(what: str) -> Iterator[None]:
    """Add the name of a column or index to a :class:`NotPreservedError` raised in the block."""
    try:
        yield
    except NotPreservedError as error:
        raise NotPreservedError(f"{what}: {error.what}") from None


def _numpy_of(values: Any) -> Any:
    return values if hasattr(values, "tobytes") else values.to_numpy()


def _array_of(values: Any) -> Any:
    import pandas

    return pandas.Series(values).array


def _little(numbers: array[Any]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _ipc(values: Any) -> bytes:
    """Return an Arrow array as an IPC stream, which pyarrow of any version reads."""
    import pyarrow

    chunks = values.__arrow_array__()
    table = pyarrow.table({"values": chunks})
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _frame_of(table: Any) -> tuple[Any, list[int]]:
    """Return the pandas frame of a table, and the positions of its text columns.

    Pandas makes floats of whole numbers with gaps; where these would be inexact, they stay
    integers.
    """
    import pandas
    import pyarrow
    import pyarrow.compute

    frame = table.to_pandas()
    index_columns = (table.schema.pandas_metadata or {}).get("index_columns") or ()
    column_numbers = [
        position for position, field in enumerate(table.schema) if field.name not in index_columns
    ]
    text_columns = []
    for position, number in enumerate(column_numbers):
        column, kind = table.column(number), table.schema.types[number]
        if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind):
            text_columns.append(position)
        elif pyarrow.types.is_integer(kind) and frame.dtypes.iloc[position] == "float64":
            ends = pyarrow.compute.min_max(column).as_py()
            if max(abs(ends["min"] or 0), abs(ends["max"] or 0)) > _FLOAT_WHOLE:
                dtype = "UInt64" if str(kind) == "uint64" else "Int64"
                frame.isetitem(position, pandas.array(column.to_pylist(), dtype=dtype))
    return frame, text_columns


def _arrow_column(kind: Any, column: Any) -> tuple[str | None, list[Any]]:
    """Return the type and values of an Arrow column."""
    import pyarrow

    types = pyarrow.types
    if types.is_dictionary(kind):
        return None, column.to_pylist()
    name = {"float": "float32", "double": "float64"}.get(str(kind), str(kind))
    if name in _CODES:
        return name, column.to_pylist()
    if types.is_string(kind) or types.is_large_string(kind):
        return "text", column.to_pylist()
    if types.is_timestamp(kind) or types.is_duration(kind):
        letter = "M8" if types.is_timestamp(kind) else "m8"
        zone = f"@{kind.tz}" if types.is_timestamp(kind) and kind.tz else ""
        return f"{letter}[{kind.unit}]{zone}", column.cast(pyarrow.int64()).to_pylist()
    return None, column.to_pylist()


def avro_columns(
    schema: Any, rows: Sequence[Any]
) -> list[tuple[str, str | None, list[Any]]] | None:
    """Return the columns of Avro records by their schema, None for other Avro values."""
    if not isinstance(schema, dict) or schema.get("type") != "record":
        return None
    fields = [(field["name"], _avro_type(field["type"])) for field in schema["fields"]]
    columns: list[tuple[str, str | None, list[Any]]] = []
    for name, kind in fields:
        values = [row[name] for row in rows]
        if kind is not None and kind.startswith("M8["):
            values = [None if value is None else _since_epoch(value, kind) for value in values]
        columns.append((name, kind, values))
    return columns


_AVRO = {"int": "int32", "long": "int64", "float": "float32", "double": "float64"}
_AVRO |= {"boolean": "bool", "string": "text"}
_MOMENTS = {"timestamp-millis": "M8[ms]@UTC", "timestamp-micros": "M8[us]@UTC"}
_MOMENTS |= {"local-timestamp-millis": "M8[ms]", "local-timestamp-micros": "M8[us]"}


def _avro_type(kind: Any) -> str | None:
    """Return the type of a column, None for one of any Python values."""
    if isinstance(kind, list):
        branches = [branch for branch in kind if branch != "null"]
        return _avro_type(branches[0]) if len(branches) == 1 else None
    if isinstance(kind, dict):
        if "logicalType" in kind:
            return _MOMENTS.get(kind["logicalType"])
        kind = kind.get("type")
    return _AVRO.get(kind) if isinstance(kind, str) else None


def _since_epoch(moment: dt.datetime, kind: str) -> int:
    unit = kind[3:].partition("]")[0]
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc if moment.tzinfo else None)
    return (moment - epoch) // dt.timedelta(microseconds=10**6 // _UNITS[unit])
