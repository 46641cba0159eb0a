"""The statements that several verbs of the registry share."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.errors import JobNotFoundError, ModelNotFoundError
from modelop_jupyter.registry.database import is_writing
from modelop_jupyter.registry.rows import job_of, job_values, key_of, model_values, snapshot_of
from modelop_jupyter.registry.tables import jobs, models, snapshots

_SUGGESTED_FROM = 1000

UNFINISHED = [status.value for status in JobStatus if not status.is_done]

_UPDATE_MODEL = models.update().where(models.c.id == sa.bindparam("row_id"))
SNAPSHOTS = sa.select(snapshots, models.c.name.label("model")).join(models)
JOBS = (
    sa.select(jobs, models.c.name.label("model"), snapshots.c.number.label("snapshot"))
    .join(models, jobs.c.model_id == models.c.id)
    .join(snapshots, jobs.c.snapshot_id == snapshots.c.id)
)


def write_model(connection: sa.Connection, model: Model, *, is_new: bool) -> None:
    """Insert a model's row, or write all of it anew."""
    # Values as parameters, not inside the statement: half the time (benchmarks/registry.py).
    if is_new:
        connection.execute(models.insert(), model_values(model))
    else:
        connection.execute(_UPDATE_MODEL, {**model_values(model), "row_id": model.id})


def model_row(connection: sa.Connection, name: str) -> sa.RowMapping | None:
    """Return the row of the name in whatever case, removed or not."""
    # Where writers do not queue as SQLite's do, those of one model queue for its row.
    query = sa.select(models).where(models.c.key == key_of(name))
    if is_writing(connection):
        query = query.with_for_update()
    return connection.execute(query).mappings().one_or_none()


def known_model(connection: sa.Connection, name: str) -> sa.RowMapping:
    """Return the row of exactly this name, removed or not."""
    row = model_row(connection, name)
    if row is None or row["name"] != name:
        raise ModelNotFoundError(name, model_names(connection, limit=_SUGGESTED_FROM))
    return row


def present_model(connection: sa.Connection, name: str) -> sa.RowMapping:
    """Return the row of a model that is not removed."""
    row = known_model(connection, name)
    if row["removed"]:
        raise ModelNotFoundError(name, model_names(connection, limit=_SUGGESTED_FROM))
    return row


def model_names(connection: sa.Connection, *, limit: int | None) -> list[str]:
    """Return the names of the models that are not removed, in their order."""
    query = sa.select(models.c.name).where(models.c.removed.is_(False))
    return list(connection.scalars(query.order_by(models.c.key).limit(limit)))


def newest_snapshot(connection: sa.Connection, query: sa.Select[Any]) -> Snapshot | None:
    """Return the snapshot of the highest number that a query finds."""
    newest = query.order_by(snapshots.c.number.desc()).limit(1)
    row = connection.execute(newest).mappings().one_or_none()
    return None if row is None else snapshot_of(row)


def snapshot_refs(connection: sa.Connection, model: sa.RowMapping) -> list[str]:
    """Return ``NAME@N`` of all snapshots of a model."""
    query = sa.select(snapshots.c.number).where(snapshots.c.model_id == model["id"])
    return [f"{model['name']}@{number}" for number in connection.scalars(query)]


def exact_job(connection: sa.Connection, job_id: str) -> JobRecord:
    """Return the job of a whole id."""
    query = JOBS.where(jobs.c.id == job_id)
    if is_writing(connection):
        query = query.with_for_update(of=jobs)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise JobNotFoundError(job_id)
    return job_of(row)


def change_job(connection: sa.Connection, before: JobRecord, after: JobRecord) -> bool:
    """Write the columns that differ; False, and nothing written, when the stored job has ended.

    An end that was only assumed gives way to one that is known.
    """
    old, new = job_values(before), job_values(after)
    changed = {name: value for name, value in new.items() if old[name] != value}
    is_known = after.status.is_done and not after.has_assumed_end
    is_final = before.status.is_done and not (before.has_assumed_end and is_known)
    if is_final or not changed:
        return not is_final
    # The condition is asked again by the database: not every one of them locks what was read.
    done = connection.execute(
        jobs.update().where(
            jobs.c.id == before.id, jobs.c.status.in_([*UNFINISHED, before.status.value])
        ),
        changed,
    )
    return done.rowcount == 1
