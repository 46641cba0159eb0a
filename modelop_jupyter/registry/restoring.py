"""Put on record again what job folders tell; what is on record already stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.models import Model, Snapshot, check_name
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.registry.queries import model_row, write_model
from modelop_jupyter.registry.rows import job_values, state_values
from modelop_jupyter.registry.tables import jobs, models, snapshots


@dataclass(frozen=True, slots=True)
class Restored:
    """What of a job was not on record before."""

    model: bool = False
    snapshot: bool = False
    job: bool = False


def restore(
    connection: sa.Connection,
    model: Model,
    snapshot: Snapshot,
    job: JobRecord | None,
    *,
    new_id: Callable[[], str],
) -> Restored:
    """Record a model, a snapshot and a job where they are not on record.

    Raises :class:`ConflictError` where the number of the snapshot, or the name of the model, has come
    to mean something else.
    """
    check_name(model.name)
    if snapshot.model != model.name:
        raise ConflictError(f"it names {snapshot.ref} as a snapshot of {model.name}")
    row = model_row(connection, model.name)
    if row is None:
        model_id = _free_id(connection, models, model.id, new_id)
        write_model(connection, replace(model, id=model_id), is_new=True)
    elif row["name"] != model.name:
        raise ConflictError(f"the name {model.name} is another model's by now: {row['name']}")
    else:
        model_id = row["id"]
    snapshot_id, is_new_snapshot = _snapshot(connection, model_id, snapshot, new_id)
    is_new_job = job is not None and _job(connection, job, model_id, snapshot_id)
    return Restored(row is None, is_new_snapshot, is_new_job)


def _snapshot(
    connection: sa.Connection, model_id: str, snapshot: Snapshot, new_id: Callable[[], str]
) -> tuple[str, bool]:
    mine = (snapshots.c.model_id == model_id, snapshots.c.number == snapshot.number)
    query = sa.select(snapshots.c.id, snapshots.c.digest).where(*mine)
    found = connection.execute(query).one_or_none()
    if found is not None:
        if found.digest != snapshot.state.digest:
            raise ConflictError(f"{snapshot.ref} is another content by now")
        return found.id, False
    snapshot_id = _free_id(connection, snapshots, snapshot.id, new_id)
    values = {
        "id": snapshot_id,
        "model_id": model_id,
        "number": snapshot.number,
        "name": snapshot.name,
        **state_values(snapshot.state),
        "created": snapshot.created,
        "lock": snapshot.lock,
    }
    connection.execute(snapshots.insert(), values)
    return snapshot_id, True


def _job(connection: sa.Connection, job: JobRecord, model_id: str, snapshot_id: str) -> bool:
    if connection.scalar(sa.select(jobs.c.id).where(jobs.c.id == job.id)) is not None:
        return False
    values = {**job_values(job), "model_id": model_id, "snapshot_id": snapshot_id}
    connection.execute(jobs.insert(), values)
    return True


def _free_id(
    connection: sa.Connection, table: sa.Table, wanted: str, new_id: Callable[[], str]
) -> str:
    is_taken = connection.scalar(sa.select(table.c.id).where(table.c.id == wanted)) is not None
    return new_id() if is_taken else wanted
