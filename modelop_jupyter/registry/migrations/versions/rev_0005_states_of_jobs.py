"""Keep the kind of a job's state and its duration in columns, so that lists are filtered and sorted."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_jobs = sa.table(
    "jobs",
    sa.column("id", sa.String),
    sa.column("status", sa.String),
    sa.column("result", sa.String),
    sa.column("started", sa.String),
    sa.column("ended", sa.String),
    sa.column("counts", sa.JSON),
    sa.column("options", sa.JSON),
    sa.column("state", sa.String),
    sa.column("seconds", sa.Float),
)


def upgrade() -> None:
    op.add_column(
        "jobs", sa.Column("state", sa.String(32), nullable=False, server_default="running")
    )
    op.add_column("jobs", sa.Column("seconds", sa.Float))
    connection = op.get_bind()
    rows = connection.execute(sa.select(_jobs)).mappings().all()
    values = [
        {"row_id": row["id"], "new_state": _state(row), "new_seconds": _seconds(row)}
        for row in rows
    ]
    if values:
        update = _jobs.update().where(_jobs.c.id == sa.bindparam("row_id"))
        connection.execute(
            update.values(state=sa.bindparam("new_state"), seconds=sa.bindparam("new_seconds")),
            values,
        )
    op.create_index("ix_jobs_state_created_id", "jobs", ["state", "created", "id"])


def _state(row: sa.RowMapping) -> str:
    """Return the kind of state as it is defined in this revision, whatever later ones call it."""
    if row["status"] in ("ERROR", "CANCELLED"):
        return {"ERROR": "failed", "CANCELLED": "cancelled"}[row["status"]]
    if row["status"] != "COMPLETE":
        return "running"
    options, counts = row["options"] or {}, row["counts"] or {}
    answers = {verdict.get("passed") for verdict in options.get("verdicts", ())}
    is_strict = bool((options.get("expect") or {}).get("is_strict"))
    if False in answers or (None in answers and is_strict):
        return "verdict_failed"
    if row["result"] != "SUCCESS":
        has_bad = counts.get("failed", 0) + counts.get("rejected", 0) > 0
        return "finished_with_failed_records" if has_bad else "failed"
    return "verdict_not_decided" if None in answers else "succeeded"


def _seconds(row: sa.RowMapping) -> float | None:
    if row["started"] is None or row["ended"] is None:
        return None
    started, ended = map(datetime.fromisoformat, (row["started"], row["ended"]))
    return (ended - started).total_seconds()
