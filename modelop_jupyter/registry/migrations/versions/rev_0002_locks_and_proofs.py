"""Keep a model's own lock, and the proof of each job."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_models = sa.table("models", sa.column("id"), sa.column("digest"), sa.column("lock"))
_snapshots = sa.table(
    "snapshots",
    sa.column("model_id"),
    sa.column("number"),
    sa.column("digest"),
    sa.column("lock"),
)


def upgrade() -> None:
    op.add_column("models", sa.Column("lock", sa.String(71)))
    op.add_column("jobs", sa.Column("proof", sa.JSON))
    # A model that is as it was at a snapshot has that snapshot's lock.
    equal = (
        _snapshots.c.model_id == _models.c.id,
        _snapshots.c.digest == _models.c.digest,
        _snapshots.c.lock.isnot(None),
    )
    newest = sa.select(_snapshots.c.lock).where(*equal).order_by(_snapshots.c.number.desc())
    op.execute(_models.update().values(lock=newest.limit(1).scalar_subquery()))
