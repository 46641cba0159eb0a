"""Pages of long lists, with the length of the whole: what a view that scrolls asks for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobStatus
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.registry.database import Database
from modelop_jupyter.registry.queries import JOBS, SNAPSHOTS, known_model
from modelop_jupyter.registry.rows import job_of, key_of, model_of, snapshot_of
from modelop_jupyter.registry.tables import jobs, models, snapshots


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model with the number of its newest snapshot and its last job."""

    model: Model
    snapshot: int | None
    last_job: JobRecord | None


# One look into an index for each model of the page, however many snapshots and jobs it has.
_NEWEST = (
    sa.select(sa.func.max(snapshots.c.number))
    .where(snapshots.c.model_id == models.c.id)
    .scalar_subquery()
)
_LAST_JOB = (
    sa.select(jobs.c.id)
    .where(jobs.c.model_id == models.c.id)
    .order_by(jobs.c.created.desc(), jobs.c.id.desc())
    .limit(1)
    .scalar_subquery()
)


class Listings:
    """The registry's verbs that give pages."""

    _database: Database

    def page_of_models(
        self, *, match: str = "", offset: int = 0, limit: int | None = None
    ) -> tuple[list[ListedModel], int]:
        """Return models by name and how many there are; ``match`` is a part of the name."""
        chosen: list[Any] = [models.c.removed.is_(False)]
        if match:
            chosen.append(models.c.key.contains(key_of(match), autoescape=True))
        query = (
            sa.select(models, _NEWEST.label("newest"), _LAST_JOB.label("last_job"))
            .where(*chosen)
            .order_by(models.c.key)
        )
        with self._database.reading() as connection:
            total = connection.scalar(sa.select(sa.func.count()).select_from(models).where(*chosen))
            rows = connection.execute(_cut(query, offset, limit)).mappings().all()
            last = _jobs_of(connection, [row["last_job"] for row in rows if row["last_job"]])
        found = [
            ListedModel(model_of(row), row["newest"], last.get(row["last_job"])) for row in rows
        ]
        return found, total or 0

    def page_of_jobs(
        self,
        *,
        model: str | None = None,
        kinds: Collection[JobKind] = (),
        statuses: Collection[JobStatus] = (),
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[JobRecord], int]:
        """Return the newest jobs first and how many there are; nothing chosen means all."""
        chosen: list[Any] = []
        if kinds:
            chosen.append(jobs.c.kind.in_([kind.value for kind in kinds]))
        if statuses:
            chosen.append(jobs.c.status.in_([status.value for status in statuses]))
        with self._database.reading() as connection:
            if model is not None:
                chosen.append(jobs.c.model_id == known_model(connection, model)["id"])
            total = connection.scalar(sa.select(sa.func.count()).select_from(jobs).where(*chosen))
            query = JOBS.where(*chosen).order_by(jobs.c.created.desc(), jobs.c.id.desc())
            rows = connection.execute(_cut(query, offset, limit)).mappings()
            return [job_of(row) for row in rows], total or 0

    def superseded_snapshots(self) -> dict[str, list[Snapshot]]:
        """Return the snapshots that are not their model's state as it is, newest first, by model."""
        differs = sa.or_(
            snapshots.c.digest != models.c.digest, snapshots.c.lock.is_distinct_from(models.c.lock)
        )
        query = SNAPSHOTS.where(models.c.removed.is_(False), differs)
        found: dict[str, list[Snapshot]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query.order_by(snapshots.c.number.desc())).mappings():
                found.setdefault(row["model"], []).append(snapshot_of(row))
        return found


def _cut(query: sa.Select[Any], offset: int, limit: int | None) -> sa.Select[Any]:
    return query.limit(limit).offset(offset) if offset else query.limit(limit)


def _jobs_of(connection: sa.Connection, ids: list[str]) -> dict[str, JobRecord]:
    # A statement takes so many values only: SQLite's oldest limit is 999.
    found: dict[str, JobRecord] = {}
    for start in range(0, len(ids), 500):
        query = JOBS.where(jobs.c.id.in_(ids[start : start + 500]))
        found |= {row["id"]: job_of(row) for row in connection.execute(query).mappings()}
    return found
