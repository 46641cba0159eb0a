"""Open the database of a query for reading: nothing can be written, and no file is created."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.sql.address import Query, parsed
from modelop_jupyter.formats.sql.failures import refusal_of_connection

ANSWER_SECONDS = 5.0
# So that the thread of a connection that nobody waits for any more ends, too.
_DRIVER_SECONDS = 10
_TIMEOUTS = ("psycopg", "psycopg2", "pymysql", "mysqldb", "mariadbconnector")
# Drivers in the order in which they are looked for where an address names none: the name in
# SQLAlchemy, the module, and the package that brings it.
_DRIVERS = {
    "postgresql": (
        ("psycopg", "psycopg", "psycopg[binary]"),
        ("psycopg2", "psycopg2", "psycopg2-binary"),
    ),
    "mysql": (("pymysql", "pymysql", "pymysql"), ("mysqldb", "MySQLdb", "mysqlclient")),
    "mariadb": (("pymysql", "pymysql", "pymysql"), ("mysqldb", "MySQLdb", "mysqlclient")),
    "oracle": (("oracledb", "oracledb", "oracledb"),),
    "mssql": (("pymssql", "pymssql", "pymssql"), ("pyodbc", "pyodbc", "pyodbc")),
}
# Databases that refuse to write in a transaction that is read-only.
GUARDED = ("postgresql", "mysql", "mariadb", "sqlite", "oracle")


@contextlib.contextmanager
def connected(query: Query) -> Iterator[sa.Connection]:
    """Open a read-only transaction, which is rolled back at the end.

    Raises :class:`InputError` where the driver is not installed, the database does not answer within
    five seconds, or refuses.
    """
    engine = _engine(query)
    try:
        connection = _connect(engine, query)
        try:
            yield connection
        finally:
            # Not back into a pool: MySQL's drivers would read what is left of a cursor's rows first.
            with contextlib.suppress(SQLAlchemyError):
                connection.invalidate()
            connection.close()
    finally:
        engine.dispose()


def _connect(engine: sa.Engine, query: Query) -> sa.Connection:
    if engine.dialect.name == "sqlite":
        return _answer(query, _open(engine))
    answers: list[sa.Connection | Exception] = []
    # No driver limits the time for all of it: names, addresses, encryption and the password.
    thread = Thread(target=lambda: answers.append(_open(engine)), daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    if not answers:
        raise InputError(
            query.name,
            f"the database does not answer within {ANSWER_SECONDS:g} s",
            "Check host and port, and whether a VPN or firewall is in between",
        )
    return _answer(query, answers[0])


def _open(engine: sa.Engine) -> sa.Connection | Exception:
    try:
        connection = engine.connect()
        if engine.dialect.name == "oracle":
            connection.exec_driver_sql("set transaction read only")
        return connection
    except (SQLAlchemyError, OSError, ValueError, TypeError) as error:
        return error


def _answer(query: Query, answer: sa.Connection | Exception) -> sa.Connection:
    if isinstance(answer, Exception):
        raise refusal_of_connection(query, answer) from None
    return answer


def _engine(query: Query) -> sa.Engine:
    url = _with_driver(parsed(query.url))
    options: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        url = _read_only(query, url)
    elif url.get_backend_name() == "postgresql":
        options["execution_options"] = {
            "isolation_level": "REPEATABLE READ",
            "postgresql_readonly": True,
        }
    if url.drivername.partition("+")[2] in _TIMEOUTS and "connect_timeout" not in url.query:
        options["connect_args"] = {"connect_timeout": _DRIVER_SECONDS}
    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool, **options)
    except NoSuchModuleError:
        package = f"sqlalchemy-{url.get_backend_name()}"
        raise InputError(
            query.name,
            f"SQLAlchemy knows no database {url.drivername!r}",
            f"Install the package that adds it, mostly {package}, or correct the address",
        ) from None
    except ImportError as error:
        raise _missing_driver(query, url, error) from None
    except (SQLAlchemyError, ValueError, TypeError) as error:
        raise refusal_of_connection(query, error) from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _on_sqlite_connect)
        sa.event.listen(engine, "begin", _on_sqlite_begin)
    if engine.dialect.name == "postgresql":
        sa.event.listen(engine, "handle_error", _on_postgresql_error)
    if engine.dialect.name in ("mysql", "mariadb"):
        sa.event.listen(engine, "connect", _on_mysql_connect)
    return engine


def _with_driver(url: sa.URL) -> sa.URL:
    """Name the driver that is installed, where the address names none."""
    if "+" in url.drivername:
        return url
    drivers = _DRIVERS.get(url.drivername, ())
    chosen = next((name for name, module, _ in drivers if find_spec(module)), None)
    chosen = chosen or (drivers[0][0] if drivers else None)
    return url.set(drivername=f"{url.drivername}+{chosen}") if chosen else url


def _missing_driver(query: Query, url: sa.URL, error: ImportError) -> InputError:
    backend, _, driver = url.drivername.partition("+")
    packages = {name: package for name, _, package in _DRIVERS.get(backend, ())}
    package = packages.get(driver) or error.name or driver
    return InputError(
        query.name,
        f"the driver {driver or error.name} of {backend} is not installed",
        f"pip install '{package}'",
    )


def _read_only(query: Query, url: sa.URL) -> sa.URL:
    """Return the address of an SQLite file that is opened for reading; it must be there."""
    if not url.database or url.database == ":memory:":
        raise InputError(
            query.name,
            "a database in memory has no rows",
            "Write sqlite:///data.db?query=SELECT …",
        )
    if url.database.startswith("file:"):
        return url
    path = Path(url.database).expanduser().absolute()
    if not path.is_file():
        raise InputError(query.name, f"no such file: {path}")
    return url.set(database=f"file:{quote(str(path))}", query={"uri": "true", "mode": "ro"})


def _on_sqlite_connect(connection: Any, _record: object) -> None:
    # Otherwise each statement would see the database at another time.
    connection.isolation_level = None
    connection.execute("pragma query_only=on")


def _on_sqlite_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("begin")


def _on_postgresql_error(context: sa.engine.ExceptionContext) -> None:
    # At Ctrl-C SQLAlchemy leaves the cursor open, which psycopg warns of.
    execution = context.execution_context
    if execution is not None and not isinstance(context.original_exception, Exception):
        execution.cursor.close()


def _on_mysql_connect(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("set session transaction read only")
    cursor.close()
