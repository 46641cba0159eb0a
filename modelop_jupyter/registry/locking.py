"""Which lock a model's state and its snapshots have: equal ones have the same.

A lock is given once and stays, but for a model's own, which an upgrade replaces. The next snapshot is
then a new one: a snapshot is its content and its lock.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.errors import ConflictError, SnapshotNotFoundError
from modelop_jupyter.registry.tables import models, snapshots


def give_lock(connection: sa.Connection, owner: Model | Snapshot, lock: str) -> str:
    """Give what has none a lock, and all that is equal to it; return the lock it has then."""
    if isinstance(owner, Snapshot):
        query = sa.select(snapshots.c.model_id, snapshots.c.digest, snapshots.c.lock)
        query = query.where(snapshots.c.id == owner.id)
        model_id = sa.select(snapshots.c.model_id).where(snapshots.c.id == owner.id)
    else:
        # A state that has changed meanwhile is another one, and gets nothing.
        query = sa.select(models.c.id.label("model_id"), models.c.digest, models.c.lock)
        query = query.where(models.c.id == owner.id, models.c.digest == owner.state.digest)
        model_id = sa.select(sa.literal(owner.id))
    # Where writers do not queue, two that look at once would both find no lock.
    in_model = models.c.id == model_id.scalar_subquery()
    connection.execute(sa.select(models.c.id).where(in_model).with_for_update())
    row = connection.execute(query).one_or_none()
    if row is None:
        if isinstance(owner, Snapshot):
            raise SnapshotNotFoundError(owner.ref)
        return lock
    lock = row.lock or lock
    for each, owner_id in ((snapshots, snapshots.c.model_id), (models, models.c.id)):
        equal = (owner_id == row.model_id, each.c.digest == row.digest, each.c.lock.is_(None))
        connection.execute(each.update().where(*equal).values(lock=lock))
    return lock


def replace_lock(connection: sa.Connection, model: Model, lock: str, **changed: Any) -> None:
    """Give a model's state another lock; raises :class:`ConflictError` when the state is another by now."""
    chosen = (models.c.id == model.id, models.c.digest == model.state.digest)
    done = connection.execute(models.update().where(*chosen).values(lock=lock, **changed))
    if done.rowcount != 1:
        raise ConflictError(f"{model.name} has been changed meanwhile", "Try again")


def lock_of_equal(connection: sa.Connection, model_id: str, digest: str) -> str | None:
    """Return the lock of the newest snapshot with this content."""
    query = sa.select(snapshots.c.lock).where(
        snapshots.c.model_id == model_id, snapshots.c.digest == digest, snapshots.c.lock.isnot(None)
    )
    lock: str | None = connection.scalar(query.order_by(snapshots.c.number.desc()).limit(1))
    return lock


def is_same(digest: str, lock: str | None) -> sa.ColumnElement[bool]:
    """Return the condition that a snapshot has this content, and no other lock."""
    equal = snapshots.c.digest == digest
    if lock is None:
        return equal
    return sa.and_(equal, sa.or_(snapshots.c.lock == lock, snapshots.c.lock.is_(None)))
