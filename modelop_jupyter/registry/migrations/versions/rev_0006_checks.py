"""Keep the newest report of a check with its snapshot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "checks",
        sa.Column("snapshot_id", sa.String(36), nullable=False),
        sa.Column("checked", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", name="pk_checks"),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name="fk_checks_snapshot_id_snapshots"
        ),
    )
