"""Keep a model's own lock, and the proof of each job."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("models", sa.Column("lock", sa.String(71)))
    op.add_column("jobs", sa.Column("proof", sa.JSON))
    # A model that is as it was at a snapshot has that snapshot's lock.
    op.execute(
        "update models set lock = (select max(lock) from snapshots"
        " where model_id = models.id and digest = models.digest and lock is not null"
        " and number = (select max(number) from snapshots where model_id = models.id"
        " and digest = models.digest and lock is not null))"
    )
