"""Keep the notebook that a model's source was captured from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("models", sa.Column("notebook", sa.Text, nullable=False, server_default=""))
