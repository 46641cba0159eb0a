"""Whether anything on record has changed since the last look, whoever changed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modelop_jupyter.errors import HomeError
from modelop_jupyter.registry.database import Database
from modelop_jupyter.registry.queries import UNFINISHED
from modelop_jupyter.registry.tables import jobs, models, snapshots

# One round trip that reads no table. A snapshot of PostgreSQL is the very set of transactions that a
# query sees: where it is the same, every table reads the same.
_VERSIONS = {"sqlite": "pragma data_version", "postgresql": "select txid_current_snapshot()::text"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a look saw: values that differ when something has changed, and the jobs that have not ended."""

    models: Any
    jobs: Any
    unfinished: tuple[str, ...]


class RegistryWatch:
    """A connection of its own that is asked again and again. Close it; one thread at a time.

    SQLite counts what other connections commit, and PostgreSQL tells which transactions are seen;
    only where that moved, or in databases that tell neither, the tables are looked at.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None
        self._version: str | None = None
        self._standing: Standing | None = None

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def look(self) -> Standing:
        """Return how things stand."""
        version = self.version()
        if self._standing is None or version is None or version != self._version:
            with self._database.reading() as connection:
                self._standing = _standing(connection)
            self._version = version
        return self._standing

    def version(self) -> str | None:
        """Return a text that is another one as soon as anything was committed by anybody.

        None in a database that has nothing of the kind.
        """
        question = _VERSIONS.get(self._database.dialect)
        if question is None:
            return None
        if self._connection is None:
            self._connection = self._database.connect()
        try:
            version = str(self._database.asked(self._connection, question))
        except HomeError:
            # A server that was started again is reached by another connection.
            self.close()
            raise
        return version


def _standing(connection: sa.Connection) -> Standing:
    """Ask what changes whenever a row is added, changed or hidden."""
    of_models = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.max(models.c.modified),
            sa.func.sum(sa.cast(models.c.removed, sa.Integer)),
        ).select_from(models)
    ).one()
    taken = connection.execute(
        sa.select(sa.func.count(), sa.func.count(snapshots.c.lock)).select_from(snapshots)
    ).one()
    of_jobs = connection.execute(
        sa.select(sa.func.count(), sa.func.max(jobs.c.created), sa.func.max(jobs.c.ended))
    ).one()
    unfinished = connection.scalars(
        sa.select(jobs.c.id).where(jobs.c.status.in_(UNFINISHED)).order_by(jobs.c.created)
    ).all()
    return Standing((*of_models, *taken), (*of_jobs, tuple(unfinished)), tuple(unfinished))
