"""Write models, locks, snapshots and jobs within the caller's transaction.

Equal states of one model have the same lock. A lock is set once and stays, except that an upgrade
replaces a model's own: its next snapshot is then a new one, as a snapshot is its content and its
lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from modelop_jupyter.domain.models import Model, ModelState, Snapshot, check_name
from modelop_jupyter.errors import ConflictError, SnapshotNotFoundError
from modelop_jupyter.registry.changes import Change, Draft, describe
from modelop_jupyter.registry.queries import UNFINISHED, model_row
from modelop_jupyter.registry.rows import job_values, model_of, model_values, snapshot_values
from modelop_jupyter.registry.search import index_model
from modelop_jupyter.registry.tables import jobs, models, snapshots

if TYPE_CHECKING:
    from modelop_jupyter.domain.jobs import JobRecord
    from modelop_jupyter.domain.origins import SourceOrigin

_UPDATE_MODEL = models.update().where(models.c.id == sa.bindparam("row_id"))


def change_model(
    connection: sa.Connection,
    name: str,
    make: Callable[[Model | None], Draft],
    *,
    new_id: Callable[[], str],
    now: datetime,
    by: str | None,
    keeps_lock: Callable[[ModelState, ModelState], bool],
) -> Change:
    """Record the draft that ``make`` returns for a model; see :meth:`Registry.change_model`."""
    check_name(name)
    row = model_row(connection, name)
    if row is None or row["removed"]:
        model = _new_model(new_id() if row is None else row["id"], name, make(None), now, by)
        if model.lock is None and row is not None:
            model = replace(model, lock=lock_of_equal(connection, row["id"], model.state.digest))
        write_model(connection, model, is_new=row is None)
        return Change(model, created=True)
    before = model_of(row)
    if before.name != name:
        raise ConflictError(
            f"a model named {before.name!r} exists already, and names must differ"
            " by more than case",
            f"Use {before.name!r}, or choose another name",
        )
    after = _apply_draft(before, make(before), now, by)
    changes = describe(before, after)
    if not changes and after.origin == before.origin:
        return Change(before, created=False)
    if not changes:
        # The same content from another commit: not a change of the model, nor a new snapshot.
        same = replace(before, origin=after.origin)
        write_model(connection, same, is_new=False)
        return Change(same, created=False)
    has_new_lock = after.lock != before.lock
    if not has_new_lock and (before.lock is None or not keeps_lock(before.state, after.state)):
        after = replace(after, lock=lock_of_equal(connection, after.id, after.state.digest))
    write_model(connection, after, is_new=False)
    return Change(after, created=False, changes=changes)


def _new_model(model_id: str, name: str, draft: Draft, now: datetime, by: str | None) -> Model:
    return Model(
        id=model_id,
        name=name,
        state=draft.state,
        created=now,
        modified=now,
        description=draft.description or "",
        tags=draft.tags or (),
        lock=draft.lock,
        notebook=draft.notebook or "",
        meta=draft.metadata or {},
        created_by=by,
        modified_by=by,
        origin=_origin(None, draft),
    )


def _apply_draft(before: Model, draft: Draft, now: datetime, by: str | None) -> Model:
    return replace(
        before,
        state=draft.state,
        modified=now,
        modified_by=by,
        description=before.description if draft.description is None else draft.description,
        tags=before.tags if draft.tags is None else draft.tags,
        notebook=before.notebook if draft.notebook is None else draft.notebook,
        lock=before.lock if draft.lock is None else draft.lock,
        meta=before.meta if draft.metadata is None else draft.metadata,
        origin=_origin(before.origin, draft),
    )


def _origin(before: SourceOrigin | None, draft: Draft) -> SourceOrigin | None:
    if draft.origin is None:
        return before
    return draft.origin if draft.origin.is_known else None


def give_lock(connection: sa.Connection, owner: Model | Snapshot, lock: str) -> str:
    """Set the lock of a model's state or a snapshot, and of all equal ones, where none is set.

    Returns the lock that is set then, which may be an earlier one.
    """
    if isinstance(owner, Snapshot):
        query = sa.select(snapshots.c.model_id, snapshots.c.digest, snapshots.c.lock)
        query = query.where(snapshots.c.id == owner.id)
        model_id = sa.select(snapshots.c.model_id).where(snapshots.c.id == owner.id)
    else:
        # A state that has changed meanwhile does not match, and gets no lock.
        query = sa.select(models.c.id.label("model_id"), models.c.digest, models.c.lock)
        query = query.where(models.c.id == owner.id, models.c.digest == owner.state.digest)
        model_id = sa.select(sa.literal(owner.id))
    # Without this lock on the row, two writers of PostgreSQL could both see no lock.
    in_model = models.c.id == model_id.scalar_subquery()
    connection.execute(sa.select(models.c.id).where(in_model).with_for_update())
    row = connection.execute(query).one_or_none()
    if row is None:
        if isinstance(owner, Snapshot):
            raise SnapshotNotFoundError(owner.ref)
        return lock
    lock = row.lock or lock
    for table, owner_id in ((snapshots, snapshots.c.model_id), (models, models.c.id)):
        equal = (owner_id == row.model_id, table.c.digest == row.digest, table.c.lock.is_(None))
        connection.execute(table.update().where(*equal).values(lock=lock))
    return lock


def replace_lock(connection: sa.Connection, model: Model, lock: str, **changed: Any) -> None:
    """Replace the lock of a model's state; ``changed`` are other columns to set.

    Raises :class:`ConflictError` if the state has changed meanwhile.
    """
    unchanged = (models.c.id == model.id, models.c.digest == model.state.digest)
    done = connection.execute(models.update().where(*unchanged).values(lock=lock, **changed))
    if done.rowcount != 1:
        raise ConflictError(f"{model.name} was changed meanwhile", "Try again")


def lock_of_equal(connection: sa.Connection, model_id: str, digest: str) -> str | None:
    """Return the lock of the newest snapshot with this content, None without one."""
    query = sa.select(snapshots.c.lock).where(
        snapshots.c.model_id == model_id, snapshots.c.digest == digest, snapshots.c.lock.isnot(None)
    )
    lock: str | None = connection.scalar(query.order_by(snapshots.c.number.desc()).limit(1))
    return lock


def has_content(digest: str, lock: str | None) -> sa.ColumnElement[bool]:
    """Return the condition that a snapshot has this content, and no other lock."""
    equal = snapshots.c.digest == digest
    if lock is None:
        return equal
    return sa.and_(equal, sa.or_(snapshots.c.lock == lock, snapshots.c.lock.is_(None)))


@dataclass(frozen=True, slots=True)
class Restored:
    """Which parts of a job were not recorded before."""

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
    """Record a model, a snapshot and a job that are not recorded.

    Raises :class:`ConflictError` if the snapshot's number or the model's name now stands for
    another one.
    """
    check_name(model.name)
    if snapshot.model != model.name:
        raise ConflictError(f"it contains {snapshot.ref} as a snapshot of {model.name}")
    row = model_row(connection, model.name)
    if row is None:
        model_id = _free_id(connection, models, model.id, new_id)
        write_model(connection, replace(model, id=model_id), is_new=True)
    elif row["name"] != model.name:
        raise ConflictError(f"the name {model.name} now belongs to another model: {row['name']}")
    else:
        model_id = row["id"]
    snapshot_id, is_new_snapshot = _restore_snapshot(connection, model_id, snapshot, new_id)
    is_new_job = job is not None and _restore_job(connection, job, model_id, snapshot_id)
    return Restored(row is None, is_new_snapshot, is_new_job)


def _restore_snapshot(
    connection: sa.Connection, model_id: str, snapshot: Snapshot, new_id: Callable[[], str]
) -> tuple[str, bool]:
    same_number = (snapshots.c.model_id == model_id, snapshots.c.number == snapshot.number)
    query = sa.select(snapshots.c.id, snapshots.c.digest).where(*same_number)
    row = connection.execute(query).one_or_none()
    if row is not None:
        if row.digest != snapshot.state.digest:
            raise ConflictError(f"{snapshot.ref} now has other content")
        return row.id, False
    snapshot_id = _free_id(connection, snapshots, snapshot.id, new_id)
    values = snapshot_values(replace(snapshot, id=snapshot_id), model_id)
    connection.execute(snapshots.insert(), values)
    return snapshot_id, True


def _restore_job(
    connection: sa.Connection, job: JobRecord, model_id: str, snapshot_id: str
) -> bool:
    if connection.scalar(sa.select(jobs.c.id).where(jobs.c.id == job.id)) is not None:
        return False
    values = {**job_values(job), "model_id": model_id, "snapshot_id": snapshot_id}
    connection.execute(jobs.insert(), values)
    return True


def _free_id(
    connection: sa.Connection, table: sa.Table, preferred: str, new_id: Callable[[], str]
) -> str:
    is_taken = connection.scalar(sa.select(table.c.id).where(table.c.id == preferred)) is not None
    return new_id() if is_taken else preferred


def write_model(connection: sa.Connection, model: Model, *, is_new: bool) -> None:
    """Insert a model's row, or update all of its columns, and the texts by which it is found."""
    # Values as parameters, not in the statement: half the time (benchmarks/registry.py).
    if is_new:
        connection.execute(models.insert(), model_values(model))
    else:
        connection.execute(_UPDATE_MODEL, {**model_values(model), "row_id": model.id})
    index_model(connection, model, is_new=is_new)


def change_job(connection: sa.Connection, before: JobRecord, after: JobRecord) -> bool:
    """Update the columns that differ; return False, writing nothing, if the job has ended.

    An end that was only assumed (a supervisor that seemed dead) is replaced by one that is known.
    """
    old, new = job_values(before), job_values(after)
    changed = {name: value for name, value in new.items() if old[name] != value}
    is_known = after.status.is_done and not after.has_assumed_end
    is_final = before.status.is_done and not (before.has_assumed_end and is_known)
    if is_final or not changed:
        return not is_final
    # Checked again in the statement, as not every database has locked the row that was read.
    result = connection.execute(
        jobs.update().where(
            jobs.c.id == before.id, jobs.c.status.in_([*UNFINISHED, before.status.value])
        ),
        changed,
    )
    return result.rowcount == 1
