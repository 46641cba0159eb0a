"""Whether anything on record has changed since the last look, whoever changed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modelop_jupyter.registry.database import Database
from modelop_jupyter.registry.queries import UNFINISHED
from modelop_jupyter.registry.tables import jobs, models, snapshots


@dataclass(frozen=True, slots=True)
class Standing:
    """What a look saw: values that differ when something has changed, and the jobs that have not ended."""

    models: Any
    jobs: Any
    unfinished: tuple[str, ...]


class RegistryWatch:
    """A connection of its own that is asked again and again. Close it.

    SQLite counts what other connections commit; only where that number moved, or in databases that
    have none, the tables are looked at.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None
        self._version: int | None = None
        self._standing: Standing | None = None

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def look(self) -> Standing:
        """Return how things stand."""
        version = self._data_version()
        if self._standing is None or version is None or version != self._version:
            with self._database.reading() as connection:
                self._standing = _standing(connection)
            self._version = version
        return self._standing

    def _data_version(self) -> int | None:
        if not self._database.is_sqlite:
            return None
        if self._connection is None:
            self._connection = self._database.connect()
        version: int = self._connection.exec_driver_sql("pragma data_version").scalar_one()
        # A transaction that stays open would see the same state for ever.
        self._connection.rollback()
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
