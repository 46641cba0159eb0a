"""Make the first tables: models, snapshots, jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Spelled out, not taken from tables.py: that one moves on, this one is what 0001 was.
_MOMENT = sa.String(32)
_DIGEST = sa.String(71)


def upgrade() -> None:
    op.create_table(
        "models",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("state", sa.JSON, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("modified", _MOMENT, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
        sa.UniqueConstraint("key", name="uq_models_key"),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("model_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.JSON, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("lock", _DIGEST),
        sa.PrimaryKeyConstraint("id", name="pk_snapshots"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_snapshots_model_id_models"),
        sa.UniqueConstraint("model_id", "number", name="uq_snapshots_model_id_number"),
    )
    op.create_index("ix_snapshots_model_id_digest", "snapshots", ["model_id", "digest"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("model_id", sa.String(36), nullable=False),
        sa.Column("snapshot_id", sa.String(36), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("started", _MOMENT),
        sa.Column("ended", _MOMENT),
        sa.Column("inputs", sa.JSON, nullable=False),
        sa.Column("output", sa.Text),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("messages", sa.JSON, nullable=False),
        sa.Column("environment", sa.Text),
        sa.Column("packages", sa.Integer),
        sa.Column("error", sa.JSON),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_jobs_model_id_models"),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name="fk_jobs_snapshot_id_snapshots"
        ),
    )
    op.create_index("ix_jobs_snapshot_id", "jobs", ["snapshot_id"])
    op.create_index("ix_jobs_created_id", "jobs", ["created", "id"])
    op.create_index("ix_jobs_model_id_created_id", "jobs", ["model_id", "created", "id"])
    op.create_index("ix_jobs_status_created", "jobs", ["status", "created"])
