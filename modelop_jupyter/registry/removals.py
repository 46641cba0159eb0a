"""Taking jobs off the record, and what has to be known before."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.registry.database import Database
from modelop_jupyter.registry.queries import JOBS
from modelop_jupyter.registry.rows import job_of
from modelop_jupyter.registry.tables import jobs

# SQLite takes some hundred values in one statement only.
_AT_ONCE = 500


class Removals:
    """The registry's verbs by which jobs go for good."""

    _database: Database

    def remove_job(self, job_id: str) -> bool:
        """Take a job off the record; False where it is not on it."""
        with self._database.writing() as connection:
            return connection.execute(jobs.delete().where(jobs.c.id == job_id)).rowcount == 1

    def jobs_made_of(self, job_id: str) -> list[JobRecord]:
        """Return the retries and reruns of one job."""
        origin = jobs.c.options["origin"]["job"].as_string()
        with self._database.reading() as connection:
            return [
                job_of(row) for row in connection.execute(JOBS.where(origin == job_id)).mappings()
            ]

    def recorded_jobs(self, ids: Collection[str]) -> set[str]:
        """Return those of some ids that are on record."""
        found: set[str] = set()
        given = list(ids)
        with self._database.reading() as connection:
            for start in range(0, len(given), _AT_ONCE):
                query = sa.select(jobs.c.id).where(jobs.c.id.in_(given[start : start + _AT_ONCE]))
                found.update(connection.scalars(query))
        return found
