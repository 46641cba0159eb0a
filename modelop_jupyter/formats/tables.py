"""The tables of the libraries that notebooks use: which one a variable is, and records as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from modelop_jupyter.errors import (
    InvalidError,
    MissingExtraError,
    MissingLibraryError,
    TableKindError,
)
from modelop_jupyter.formats.base import open_bytes
from modelop_jupyter.formats.table import FORMATS, format_for

TABLE_KINDS = ("pandas", "polars", "arrow")
LIST = "list"
_MODULES = {"pandas": "pandas", "polars": "polars", "pyarrow": "arrow"}
_TITLES = {
    "pandas": "a pandas DataFrame",
    "polars": "a polars DataFrame",
    "arrow": "an Arrow table",
}


def kind_of(value: Any) -> str | None:
    """Return which kind of table a variable is, ``list`` for a list, None for anything else."""
    if isinstance(value, (list, tuple)):
        return LIST
    modules = (parent.__module__.partition(".")[0] for parent in type(value).__mro__)
    return next((_MODULES[module] for module in modules if module in _MODULES), None)


def require_kind(kind: str) -> Any:
    """Return the library of a kind of table.

    Raises :class:`TableKindError` for another word, and :class:`MissingLibraryError` or
    :class:`MissingExtraError` where the library is not installed.
    """
    try:
        if kind == "pandas":
            import pandas

            return pandas
        if kind == "polars":
            import polars

            return polars
    except ImportError:
        raise MissingLibraryError(_TITLES[kind], kind) from None
    if kind != "arrow":
        raise TableKindError(kind, TABLE_KINDS)
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError(_TITLES[kind], "arrow") from None
    return pyarrow


def read_table(kind: str, path: Path) -> Any:
    """Return a file as a table where its own reader keeps more than records do, else None.

    These are CSV for pandas, and Parquet and Arrow, which have types, for the others.
    """
    library, format = require_kind(kind), format_for(path.name)
    if kind == "pandas":
        if format is not FORMATS["csv"]:
            return None
        with open_bytes(path) as file:
            return library.read_csv(file)
    if format is FORMATS["parquet"]:
        return library.read_parquet(path) if kind == "polars" else _parquet(path)
    if format is FORMATS["arrow"]:
        return library.read_ipc(path) if kind == "polars" else _feather(path)
    return None


def _parquet(path: Path) -> Any:
    import pyarrow.parquet

    return pyarrow.parquet.read_table(path)


def _feather(path: Path) -> Any:
    import pyarrow.feather

    return pyarrow.feather.read_table(path)


def table_of(kind: str, records: Iterable[Any]) -> Any:
    """Return records as a table; those that are no objects become its only column, ``0``.

    Raises what :func:`require_kind` does, and :class:`InvalidError` for records that polars or Arrow
    could only hold in other types. pandas holds any.
    """
    library, rows = require_kind(kind), list(records)
    if kind == "pandas":
        return library.DataFrame(rows)
    if not all(isinstance(row, dict) for row in rows):
        rows = [{"0": row} for row in rows]
    columns = {name: [row.get(name) for row in rows] for name in _names(rows)}
    for name, values in columns.items():
        mixed = _mixture(f"column {name!r}", values)
        if mixed is not None:
            raise _unfit(kind, mixed)
    try:
        if kind == "arrow":
            return library.table(columns)
        # By rows polars looks at all of them for the types of a column.
        return (
            library.from_dicts(rows, infer_schema_length=None) if columns else library.DataFrame()
        )
    except (ValueError, TypeError, ArithmeticError, NotImplementedError) as error:
        raise _unfit(kind, (str(error).splitlines() or [type(error).__name__])[0]) from None


def _unfit(kind: str, reason: str) -> InvalidError:
    return InvalidError(
        f"the records do not fit into {_TITLES[kind]}: {reason}",
        "Take them as 'pandas', or as they are with job.records()",
    )


def _names(rows: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _mixture(place: str, values: Sequence[Any]) -> str | None:
    """Return where values of several kinds are in one column, which no type holds unchanged."""
    there = [value for value in values if value is not None]
    kinds = dict.fromkeys(_kind(value) for value in there)
    if len(kinds) > 1:
        return f"{place} holds {' and '.join(kinds)}"
    if "objects" in kinds:
        found = (
            _mixture(f"{place}, field {name!r}", [value.get(name) for value in there])
            for name in _names(there)
        )
        return next((mixed for mixed in found if mixed is not None), None)
    if "lists" in kinds:
        return _mixture(f"{place}, in its lists", list(chain.from_iterable(there)))
    return None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "booleans"
    if isinstance(value, (int, float)):
        return "numbers"
    if isinstance(value, dict):
        return "objects"
    return "lists" if isinstance(value, list) else "text"
