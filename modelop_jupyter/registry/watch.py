"""Detect whether anything in the registry has changed, by whatever process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from modelop_jupyter.errors import HomeError
from modelop_jupyter.registry.queries import UNFINISHED
from modelop_jupyter.registry.tables import aliases, checks, deployments, jobs, models, snapshots

if TYPE_CHECKING:
    from modelop_jupyter.registry.database import Database

# One round trip that reads no table. A snapshot of PostgreSQL is the set of transactions that a
# query sees: while it is the same, every table reads the same.
_VERSIONS = {"sqlite": "pragma data_version", "postgresql": "select txid_current_snapshot()::text"}


@dataclass(frozen=True, slots=True)
class RegistryVersion:
    """Values that differ after a change, and the ids of the jobs that have not ended.

    ``models`` covers models, snapshots, their checks and aliases.
    """

    models: Any
    jobs: Any
    deployments: Any
    unfinished: tuple[str, ...]


class RegistryWatch:
    """Compares the registry with the last look, over a connection of its own. Close it.

    Not thread-safe. SQLite counts the commits of other connections, and PostgreSQL names the
    visible transactions; the tables are read only after that has changed, or in databases with
    neither.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None
        self._version: str | None = None
        self._seen: RegistryVersion | None = None

    def close(self) -> None:
        """Close the connection; the next look opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def look(self) -> RegistryVersion:
        """Return the current version of the registry."""
        version = self.version()
        if self._seen is None or version is None or version != self._version:
            with self._database.reading() as connection:
                self._seen = _current_version(connection)
            self._version = version
        return self._seen

    def version(self) -> str | None:
        """Return a text that changes with every commit, None where the database has none."""
        query = _VERSIONS.get(self._database.dialect)
        if query is None:
            return None
        if self._connection is None:
            self._connection = self._database.connect()
        try:
            version = str(self._database.query_value(self._connection, query))
        except HomeError:
            # A restarted database server needs a new connection.
            self.close()
            raise
        return version


def _current_version(connection: sa.Connection) -> RegistryVersion:
    """Query values that change whenever a row is added, changed or hidden."""
    of_models = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.max(models.c.modified),
            sa.func.sum(sa.cast(models.c.removed, sa.Integer)),
        ).select_from(models)
    ).one()
    of_snapshots = connection.execute(
        sa.select(sa.func.count(), sa.func.count(snapshots.c.lock)).select_from(snapshots)
    ).one()
    of_checks = connection.execute(
        sa.select(sa.func.count(), sa.func.max(checks.c.checked)).select_from(checks)
    ).one()
    of_aliases = connection.execute(
        sa.select(sa.func.count(), sa.func.max(aliases.c.moved)).select_from(aliases)
    ).one()
    of_deployments = connection.execute(
        sa.select(sa.func.count(), sa.func.max(deployments.c.modified))
    ).one()
    of_jobs = connection.execute(
        sa.select(sa.func.count(), sa.func.max(jobs.c.created), sa.func.max(jobs.c.ended))
    ).one()
    unfinished = connection.scalars(
        sa.select(jobs.c.id).where(jobs.c.status.in_(UNFINISHED)).order_by(jobs.c.created)
    ).all()
    return RegistryVersion(
        (*of_models, *of_snapshots, *of_checks, *of_aliases),
        (*of_jobs, tuple(unfinished)),
        tuple(of_deployments),
        tuple(unfinished),
    )
