"""Record metadata, authors and origins of models, aliases of snapshots, and the newest metrics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for table in ("models", "snapshots"):
        op.add_column(table, sa.Column("created_by", sa.Text))
        op.add_column(table, sa.Column("origin", sa.JSON))
    op.add_column("models", sa.Column("modified_by", sa.Text))
    op.add_column("models", sa.Column("metadata", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("jobs", sa.Column("created_by", sa.Text))
    op.create_table(
        "aliases",
        sa.Column("model_id", sa.String(36), nullable=False),
        sa.Column("word", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("moved", sa.String(32), nullable=False),
        sa.Column("moved_by", sa.Text),
        sa.PrimaryKeyConstraint("model_id", "word", name="pk_aliases"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_aliases_model_id_models"),
    )
    op.create_table(
        "alias_moves",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("model_id", sa.String(36), nullable=False),
        sa.Column("word", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("moved", sa.String(32), nullable=False),
        sa.Column("moved_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_alias_moves"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_alias_moves_model_id_models"),
    )
    op.create_index("ix_alias_moves_model_id", "alias_moves", ["model_id", "moved"])
    op.create_table(
        "newest_metrics",
        sa.Column("model_id", sa.String(36), nullable=False),
        sa.Column("path", sa.String(255), nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("model_id", "path", name="pk_newest_metrics"),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name="fk_newest_metrics_model_id_models"
        ),
    )
    op.create_index("ix_newest_metrics_path", "newest_metrics", ["path", "value"])
    # Both are filled when models are searched first.
    op.create_table(
        "search_texts",
        sa.Column("model_id", sa.String(36), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("model_id", name="pk_search_texts"),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name="fk_search_texts_model_id_models"
        ),
    )
    op.create_table(
        "search_terms",
        sa.Column("model_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("model_id", "position", name="pk_search_terms"),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name="fk_search_terms_model_id_models"
        ),
    )
    op.create_index("ix_search_terms_kind", "search_terms", ["kind"])
