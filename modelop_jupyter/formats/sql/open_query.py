"""An open query: its columns, and its rows through a cursor of the server."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from modelop_jupyter.errors import InputError, nearest
from modelop_jupyter.formats.sql.address import Query
from modelop_jupyter.formats.sql.connect import GUARDED, connected
from modelop_jupyter.formats.sql.failures import refusal_of_query
from modelop_jupyter.formats.sql.statement import require_select

Row = Sequence[Any]

# As many rows are in memory at a time.
_ROWS = 2000
# Instructions of SQLite, some milliseconds.
_SQLITE_STEPS = 100_000
# The object identifiers of timestamptz and its arrays.
_POSTGRESQL_MOMENTS = (1184, 1185)


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """A query in a transaction, with its columns; ``key`` is one of them, None if none is named."""

    query: Query
    text: str
    connection: sa.Connection
    columns: tuple[str, ...]
    key: str | None
    _unread: list[sa.CursorResult[Any]] = field(default_factory=list, repr=False)
    _results: list[sa.CursorResult[Any]] = field(default_factory=list, repr=False)

    def close(self) -> None:
        """Close the cursors whose rows are not all read; the connection stays."""
        if self.connection.dialect.name in ("mysql", "mariadb"):
            return  # that would read the rest: the connection is closed instead
        for result in (*self._unread, *self._results):
            with contextlib.suppress(SQLAlchemyError):
                result.close()

    def rows(self) -> Iterator[Row]:
        """Yield all rows, in the order of the key; raises :class:`InputError`."""
        if self.key is None:
            # The columns came with the first rows: what it takes to compute these is not done twice.
            result = self._unread.pop() if self._unread else self._execute(self.text)
        else:
            result = self._execute(self._in_order())
        self._results.append(result)
        zoned = _zoned_columns(result) if self.connection.dialect.name == "postgresql" else []
        key = None if self.key is None else self.columns.index(self.key)
        for row in _fetch(self.query, result):
            if key is not None and row[key] is None:
                raise self._no_key()
            yield _in_utc(row, zoned) if zoned else row

    def _in_order(self) -> sa.Select[Any]:
        return sa.select(sa.text("*")).select_from(self._table()).order_by(self._column())

    def _no_key(self) -> InputError:
        """Return the error of rows that have no place in the order."""
        return InputError(
            self.query.name,
            f"some rows have no value in the key {self.key!r}",
            "Name a column without NULL, or leave these rows out in the query",
        )

    def _execute(self, statement: str | sa.Select[Any]) -> sa.CursorResult[Any]:
        return _execute(self.query, self.connection, statement)

    def _column(self) -> sa.ColumnClause[Any]:
        return sa.column(self.key or "")

    def _table(self) -> Any:
        # No colon begins a parameter, and a comment at the end must not hide the parenthesis.
        text = self.text.replace(":", "\\:") + "\n"
        return sa.text(text).columns(self._column()).subquery("modelop_rows")


@contextlib.contextmanager
def open_query(query: Query) -> Iterator[OpenQuery]:
    """Connect, and ask for the columns; raises :class:`InputError` for what is wrong with either."""
    with connected(query) as connection:
        if connection.dialect.name == "sqlite":
            # While it computes, Python hears of Ctrl-C only in a function that SQLite calls.
            connection.connection.set_progress_handler(lambda: 0, _SQLITE_STEPS)
        is_guarded = connection.dialect.name in GUARDED
        text = require_select(query.name, query.text, is_guarded=is_guarded)
        # With a key the query becomes part of another one, which computes nothing with this condition.
        first = text if query.key is None else f"SELECT * FROM ({text}\n) modelop_rows WHERE 1 = 0"  # noqa: S608
        result = _execute(query, connection, first)
        try:
            columns = _columns(query, result, connection.dialect.name)
            key = _key_of(query, columns)
        except InputError:
            result.close()
            raise
        opened = OpenQuery(query, text, connection, columns, key)
        if key is None:
            opened._unread.append(result)
        else:
            result.close()
        with contextlib.closing(opened):
            yield opened


def _columns(query: Query, result: sa.CursorResult[Any], database: str) -> tuple[str, ...]:
    """Return the columns; raises :class:`InputError` where two have one name."""
    columns = tuple(result.keys()) if result.returns_rows else ()
    if database == "sqlite" and query.key is not None:
        # SQLite calls the second column "id" of an inner query "id:1".
        columns = tuple(re.sub(r":\d+\Z", "", name) for name in columns)
    if not columns:
        raise InputError(query.name, "the query returns no columns")
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    if repeated:
        name = repeated[0]
        raise InputError(
            query.name,
            f"the query returns {Counter(columns)[name]} columns called {name!r}",
            f"Give each a name of its own, such as a.{name} AS a_{name}",
        )
    return columns


def _key_of(query: Query, columns: Sequence[str]) -> str | None:
    """Return the key as the query's column is written."""
    if query.key is None or query.key in columns:
        return query.key
    alike = [name for name in columns if name.casefold() == query.key.casefold()]
    if len(alike) == 1:
        return alike[0]
    close = nearest(query.key, columns)
    raise InputError(
        query.name,
        f"the query returns no column {query.key!r} that could be the key",
        f"Did you mean {close!r}?" if close else f"Its columns are {', '.join(columns)}",
    )


def _execute(
    query: Query, connection: sa.Connection, statement: str | sa.Select[Any]
) -> sa.CursorResult[Any]:
    options = {"stream_results": True}
    try:
        if isinstance(statement, str):
            # No driver is to look for parameters in what a user wrote.
            options["no_parameters"] = True
            result = connection.exec_driver_sql(statement, execution_options=options)
        else:
            result = connection.execute(statement, execution_options=options)
        return result.yield_per(_ROWS)
    except SQLAlchemyError as error:
        raise _refusal(query, error) from None


def _fetch(query: Query, result: sa.CursorResult[Any]) -> Iterator[Row]:
    """Yield rows; a query may still fail at any of them, such as by a division by zero."""
    try:
        for rows in result.partitions():
            yield from rows
    except SQLAlchemyError as error:
        raise _refusal(query, error) from None


def _refusal(query: Query, error: SQLAlchemyError) -> BaseException:
    original = getattr(error, "orig", None)
    if isinstance(original, sqlite3.OperationalError) and str(original) == "interrupted":
        return KeyboardInterrupt()
    return refusal_of_query(query, error)


def _zoned_columns(result: sa.CursorResult[Any]) -> list[int]:
    """Return the columns of PostgreSQL's moments.

    A session's time zone, in which they come, differs from machine to machine.
    """
    columns = enumerate(result.cursor.description if result.cursor else ())
    return [number for number, column in columns if column[1] in _POSTGRESQL_MOMENTS]


def _in_utc(row: Row, columns: Sequence[int]) -> Row:
    values = list(row)
    for number in columns:
        values[number] = _moment_in_utc(values[number])
    return values


def _moment_in_utc(value: Any) -> Any:
    if isinstance(value, list):
        return [_moment_in_utc(item) for item in value]
    return value.astimezone(dt.timezone.utc) if isinstance(value, dt.datetime) else value
