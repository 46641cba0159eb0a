"""Open the registry's database: create it, upgrade it, and report why it cannot be used.

SQLite runs in WAL mode, so that readers and a writer do not wait for one another, with
``synchronous=FULL``: a change that was reported as recorded survives a power cut, for 0.15 ms a
write. Writers begin with ``BEGIN IMMEDIATE`` and wait for up to 30 s; a deferred transaction that
turns into a writer would fail at once instead.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)

from modelop_jupyter import files
from modelop_jupyter.errors import ConflictError, HomeError, InvalidError, RegistryError
from modelop_jupyter.registry.tables import REVISION, create_tables

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 30
_WRITING = "modelop_writing"
_WAL = "pragma journal_mode=wal"
_MIGRATING = 0x6D6F64656C6F70
# Alembic keeps the migration that runs in module globals: one at a time in a process.
_ALEMBIC = threading.Lock()


class RowExistsError(ConflictError):
    """A change that violates a constraint, mostly a row that another process inserted first."""


class Database:
    """A database with up-to-date tables, and its two kinds of transaction."""

    def __init__(self, url: str, home: Path, *, begins_anew: bool = False) -> None:
        self._url = url
        self._home = home
        self._begins_anew = begins_anew
        self._engine = _engine(url)
        # Why it is read-only; checked again at each use, as space may be freed at any time.
        self._obstacle: HomeError | None = None
        self._lock = threading.RLock()

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == "sqlite"

    @property
    def dialect(self) -> str:
        """The kind of database as SQLAlchemy names it, such as ``sqlite``."""
        return self._engine.dialect.name

    @classmethod
    def open(cls, url: str, home: Path, *, begins_anew: bool = False) -> Database:
        """Open a database; create or upgrade it if needed.

        On a read-only or full disk it can still be read. ``begins_anew`` allows an empty one in a
        home that has jobs.
        """
        try:
            files.make_private(home)
        except FileExistsError as error:
            raise HomeError(str(home), "it is not a folder") from error
        except OSError as error:
            raise HomeError(str(home), (error.strerror or str(error)).lower()) from error
        database = cls(url, home, begins_anew=begins_anew)
        try:
            database._make_private()
            database._open()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def connect(self) -> sa.Connection:
        """Return a connection that the caller keeps and closes."""
        with self._errors():
            return self._engine.connect()

    def query_value(self, connection: sa.Connection, query: str) -> Any:
        """Return the single value of a query on a connection that is kept open."""
        with self._errors():
            value = connection.exec_driver_sql(query).scalar_one()
            # An open transaction would see the same state forever.
            connection.rollback()
            return value

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Yield a connection that sees one consistent state of the database."""
        with self._errors(), self._usable().connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Yield a connection whose changes are committed, or rolled back if the block raises."""
        engine = self._usable()
        if self._obstacle is not None:
            raise self._obstacle
        with self._errors(), engine.connect() as connection:
            connection = connection.execution_options(**{_WRITING: True})
            with connection.begin():
                yield connection

    def _make_private(self) -> None:
        """Make an SQLite file in the home readable by its owner only.

        SQLite gives its -wal and -shm files the same mode.
        """
        file = Path(self._engine.url.database or ":memory:")
        if not self.is_sqlite or file.parent.absolute() != self._home.absolute():
            return
        # Any problem is reported when the database is opened.
        with contextlib.suppress(OSError):
            if not file.exists():
                file.touch(files.PRIVATE)
            elif os.name == "posix" and (mode := file.stat().st_mode) & 0o077:
                file.chmod(mode & 0o700)

    def _open(self) -> None:
        try:
            self._prepare()
        except HomeError as error:
            reader = _read_only(self._engine.url)
            if reader is None or self._begins_anew:
                raise
            self._engine.dispose()
            self._engine, before = reader, self._engine
            try:
                is_readable = self._version() == REVISION
            except HomeError:
                is_readable = False
            if not is_readable:
                reader.dispose()
                self._engine = before
                raise
            self._obstacle = error

    def _usable(self) -> sa.Engine:
        with self._lock:
            if self._obstacle is not None:
                self._engine.dispose()
                self._engine, before = _engine(self._url), self._obstacle
                self._obstacle = None
                try:
                    self._open()
                except HomeError:
                    self._obstacle = before
                    raise
            return self._engine

    def _prepare(self) -> None:
        version = self._version()
        if version == REVISION:
            return
        if version is not None and not re.fullmatch(r"\d{4}", version):
            raise RegistryError(
                self._where,
                f"another program made its tables ({version})",
                "Set MODELOP_HOME to another folder",
            )
        if version is not None and version > REVISION:
            raise RegistryError(
                self._where,
                f"a newer modelop-jupyter wrote it (its tables are {version},"
                f" this program knows {REVISION})",
                "Upgrade modelop-jupyter, or set MODELOP_HOME to another folder",
            )
        self._upgrade()

    def _version(self) -> str | None:
        """Return the revision of the tables, None where there are none yet."""
        try:
            with self._engine.connect() as connection:
                return _revision(connection)
        except (OperationalError, ProgrammingError):
            # Most likely no such table; a worse problem fails the next queries, too.
            with self.reading() as connection:
                if not sa.inspect(connection).has_table("alembic_version"):
                    return None
                # Another process has made it since.
                return _revision(connection)
        except DBAPIError as error:
            raise self._translated(error) from error

    def _upgrade(self) -> None:
        from filelock import FileLock

        try:
            with FileLock(self._home / "registry.lock", mode=files.PRIVATE):
                if self._version() == REVISION:
                    return
                if self.is_sqlite:
                    self._refuse_empty_registry()
                    self._use_wal()
                self._migrate()
        except OSError as error:
            raise HomeError(str(self._home), (error.strerror or str(error)).lower()) from error

    def _refuse_empty_registry(self) -> None:
        """Raise if the registry has no tables, but its home has jobs."""
        if self._begins_anew or Path(self._where).parent != self._home or self._version():
            return
        count = sum(1 for _ in (self._home / "jobs").glob("*/plan.json"))
        if count:
            raise RegistryError(
                self._where,
                f"it is empty, but the home has {count} job{'' if count == 1 else 's'}",
                "'modelop repair' rebuilds it from their folders;"
                f" or restore it from a copy, or move {self._home / 'jobs'} away to start afresh",
            )

    def _migrate(self) -> None:
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                # The file lock is per home; another home may use the same database.
                connection.exec_driver_sql(f"select pg_advisory_xact_lock({_MIGRATING})")
            if not sa.inspect(connection).has_table("alembic_version"):
                # A first command need not wait for Alembic and all that was before this revision.
                create_tables(connection)
                return
            from alembic import command

            with _ALEMBIC:
                command.upgrade(migrations_config(connection), "head")

    def _use_wal(self) -> None:
        """Switch to WAL mode, which the file keeps; SQLite allows it outside of a transaction."""
        with self._errors():
            raw = self._engine.raw_connection()
            try:
                raw.cursor().execute(_WAL)
            except sqlite3.OperationalError as error:
                raise OperationalError(_WAL, None, error) from error
            finally:
                raw.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise RowExistsError(
                f"the registry refused a change: {error.orig}",
                "Another process may have made it at the same time: check, and try again",
            ) from error
        except DBAPIError as error:
            raise self._translated(error) from error
        except UnicodeEncodeError as error:
            raise InvalidError(
                f"{error.object!r} holds characters that are not Unicode text"
            ) from error

    def _translated(self, error: DBAPIError) -> HomeError:
        if not self.is_sqlite:
            return RegistryError(
                self._where, str(error.orig), "Check MODELOP_REGISTRY_URL and that it is running"
            )
        # sqlite3 raises the base class for a file that is not a database, or a damaged one.
        if type(error) is DatabaseError:
            return RegistryError(
                self._where,
                str(error.orig),
                "Restore it from a copy, or move it away: 'modelop repair' then rebuilds it from"
                " the jobs' folders",
            )
        file = Path(self._where)
        if file.exists() and not _is_writable(file):
            return RegistryError(self._where, "it is not writable")
        if not _is_writable(file.parent):
            return HomeError(str(file.parent), "it is not writable")
        return RegistryError(
            self._where,
            str(error.orig),
            "Check that the disk is not full and that no other program locks the file,"
            " or set MODELOP_HOME to another folder",
        )

    @property
    def _where(self) -> str:
        url = sa.make_url(self._url)
        return url.database or ":memory:" if self.is_sqlite else url.render_as_string()


def _revision(connection: sa.Connection) -> str | None:
    found: str | None = connection.exec_driver_sql(
        "select version_num from alembic_version"
    ).scalar()
    return found


def is_writing(connection: sa.Connection) -> bool:
    """Return whether a connection is one of :meth:`Database.writing`."""
    return bool(connection.get_execution_options().get(_WRITING, False))


def migrations_config(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's configuration, made without a configuration file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _engine(url: str) -> sa.Engine:
    remedy = "Set MODELOP_REGISTRY_URL to an SQLAlchemy URL, such as sqlite:////data/registry.db"
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        raise RegistryError(repr(url), "that is not a database URL", remedy) from error
    where = parsed.render_as_string()
    options: dict[str, Any] = {}
    if parsed.get_backend_name() == "sqlite":
        options = {"connect_args": {"timeout": BUSY_SECONDS}}
    try:
        # One connection stays open: closing the last one makes SQLite checkpoint its log (1 ms).
        engine = sa.create_engine(
            parsed, poolclass=sa.QueuePool, pool_size=1, max_overflow=-1, **options
        )
    except NoSuchModuleError as error:
        raise RegistryError(where, str(error), remedy) from error
    except ImportError as error:
        raise RegistryError(
            where, f"its driver is not installed ({error})", f"pip install {error.name}"
        ) from error
    if options:
        sa.event.listen(engine, "connect", _on_sqlite_connect)
        sa.event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _read_only(url: sa.URL) -> sa.Engine | None:
    """Return an engine that reads an SQLite file without writing beside it, None if impossible.

    SQLite needs the index of its log (-shm) to exist or to be created. Without it, the file can
    only be read while its log is empty.
    """
    if url.get_backend_name() != "sqlite" or not url.database or not Path(url.database).is_file():
        return None
    path = Path(url.database).absolute()
    query = {"uri": "true", "mode": "ro"}
    if not Path(f"{path}-shm").exists():
        log = Path(f"{path}-wal")
        if log.exists() and log.stat().st_size:
            return None
        query["immutable"] = "1"
    address = url.set(database=f"file:{quote(str(path))}", query=query)
    # Each reader opens the file anew: an immutable one would not see later writes.
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", _on_sqlite_connect)
    sa.event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    # Otherwise the sqlite3 module begins deferred transactions by itself.
    connection.isolation_level = None
    connection.execute("pragma foreign_keys=on")
    connection.execute("pragma synchronous=full")


def _on_sqlite_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("begin immediate" if is_writing(connection) else "begin")
