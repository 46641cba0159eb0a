"""Keep where the bytes of assets lie, and what of ended jobs is shared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "places",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_places"),
    )
    op.create_table(
        "held_blobs",
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("place_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("digest", "place_id", name="pk_held_blobs"),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name="fk_held_blobs_place_id_places"),
    )
    op.create_table(
        "shared_jobs",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("place_id", sa.String(36), nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_shared_jobs"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_shared_jobs_job_id_jobs"),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name="fk_shared_jobs_place_id_places"),
    )
