"""The registry's tables in the newest revision; ``migrations`` upgrades older databases to it."""

from __future__ import annotations

from datetime import datetime, timezone

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

# The newest file in migrations/versions. Revisions are compared as text: numbers must grow.
REVISION = "0008"

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A time as ISO 8601 text in UTC, which sorts by time and is exact to the microsecond."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(timezone.utc).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


def _json() -> sa.JSON:
    return sa.JSON(none_as_null=True)


# A removed model keeps its row: its snapshots and jobs stay, and its numbers are never used again.
# ``key`` is the case-folded name, as kernels and folders are named after models.
models = sa.Table(
    "models",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("key", sa.String(128), nullable=False, unique=True),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("tags", _json(), nullable=False),
    sa.Column("state", _json(), nullable=False),
    sa.Column("digest", sa.String(71), nullable=False),
    sa.Column("created", UtcTime, nullable=False),
    sa.Column("modified", UtcTime, nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False),
    sa.Column("lock", sa.String(71)),
    sa.Column("notebook", sa.Text, nullable=False, server_default=""),
    sa.Column("created_by", sa.Text),
    sa.Column("origin", _json()),
    sa.Column("modified_by", sa.Text),
    sa.Column("metadata", _json(), key="meta", nullable=False, server_default="{}"),
)

snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("model_id", sa.ForeignKey(models.c.id), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", _json(), nullable=False),
    sa.Column("digest", sa.String(71), nullable=False),
    sa.Column("created", UtcTime, nullable=False),
    sa.Column("lock", sa.String(71)),
    sa.Column("created_by", sa.Text),
    sa.Column("origin", _json()),
    sa.UniqueConstraint("model_id", "number"),
    sa.Index(None, "model_id", "digest"),
)

# ``state`` and ``seconds`` follow from other columns; lists are filtered and sorted by them.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("model_id", sa.ForeignKey(models.c.id), nullable=False),
    sa.Column("snapshot_id", sa.ForeignKey(snapshots.c.id), nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("result", sa.String(16), nullable=False),
    sa.Column("created", UtcTime, nullable=False),
    sa.Column("started", UtcTime),
    sa.Column("ended", UtcTime),
    sa.Column("inputs", _json(), nullable=False),
    sa.Column("output", sa.Text),
    sa.Column("parameters", _json(), nullable=False),
    sa.Column("options", _json(), nullable=False),
    sa.Column("counts", _json(), nullable=False),
    sa.Column("messages", _json(), nullable=False),
    sa.Column("environment", sa.Text),
    sa.Column("packages", sa.Integer),
    sa.Column("error", _json()),
    sa.Column("proof", _json()),
    sa.Column("state", sa.String(32), nullable=False, server_default="running"),
    sa.Column("seconds", sa.Float),
    sa.Column("created_by", sa.Text),
    sa.Index(None, "created", "id"),
    sa.Index(None, "model_id", "created", "id"),
    sa.Index(None, "status", "created"),
    sa.Index(None, "state", "created", "id"),
)

# Words that stand for a snapshot, and each move of them; ``number`` is None where one was taken away.
aliases = sa.Table(
    "aliases",
    metadata,
    sa.Column("model_id", sa.ForeignKey(models.c.id), primary_key=True),
    sa.Column("word", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("moved", UtcTime, nullable=False),
    sa.Column("moved_by", sa.Text),
)

alias_moves = sa.Table(
    "alias_moves",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("model_id", sa.ForeignKey(models.c.id), nullable=False),
    sa.Column("word", sa.String(64), nullable=False),
    sa.Column("number", sa.Integer),
    sa.Column("moved", UtcTime, nullable=False),
    sa.Column("moved_by", sa.Text),
    sa.Index("ix_alias_moves_model_id", "model_id", "moved"),
)

# The numbers of each model's last metrics job, by which models are searched.
newest_metrics = sa.Table(
    "newest_metrics",
    metadata,
    sa.Column("model_id", sa.ForeignKey(models.c.id), primary_key=True),
    sa.Column("path", sa.String(255), primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("job_id", sa.String(36), nullable=False),
    sa.Index("ix_newest_metrics_path", "path", "value"),
)

# All that a word is looked for in, in lower case: one row of each model. It is read from end to end,
# so it is apart from everything else.
search_texts = sa.Table(
    "search_texts",
    metadata,
    sa.Column("model_id", sa.ForeignKey(models.c.id), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# The texts by which models are searched, in lower case. ``name`` is the key of metadata.
search_terms = sa.Table(
    "search_terms",
    metadata,
    sa.Column("model_id", sa.ForeignKey(models.c.id), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Index(None, "kind"),
)

# The newest report of a check of each snapshot; ``version`` is that of its JSON.
checks = sa.Table(
    "checks",
    metadata,
    sa.Column("snapshot_id", sa.ForeignKey(snapshots.c.id), primary_key=True),
    sa.Column("checked", UtcTime, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("report", _json(), nullable=False),
)

# What answers requests: at most one for each model. ``home`` is where its folder is.
deployments = sa.Table(
    "deployments",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("model_id", sa.ForeignKey(models.c.id), nullable=False, unique=True),
    sa.Column("snapshot", sa.Integer, nullable=False),
    sa.Column("previous", sa.Integer),
    sa.Column("options", _json(), nullable=False),
    sa.Column("created", UtcTime, nullable=False),
    sa.Column("modified", UtcTime, nullable=False),
    sa.Column("stopped", UtcTime),
    sa.Column("home", _json()),
)

# A home, or an address that homes share; ``host`` is empty for an address. The id is made of both.
places = sa.Table(
    "places",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
)

# Which place has the bytes of a digest, where several homes use the registry.
held_blobs = sa.Table(
    "held_blobs",
    metadata,
    sa.Column("digest", sa.String(71), primary_key=True),
    sa.Column("place_id", sa.ForeignKey(places.c.id), primary_key=True),
)

# What of an ended job was put to the address that homes share.
shared_jobs = sa.Table(
    "shared_jobs",
    metadata,
    sa.Column("job_id", sa.ForeignKey(jobs.c.id), primary_key=True),
    sa.Column("place_id", sa.ForeignKey(places.c.id), nullable=False),
    sa.Column("files", _json(), nullable=False),
)

# Alembic's own, and not of our metadata, which is compared with a database.
_revisions = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def create_tables(connection: sa.Connection) -> None:
    """Make all tables in a database that has none, in the newest revision.

    A table of that name that is there already, whoever made it, is an error of the database.
    """
    metadata.create_all(connection, checkfirst=False)
    _revisions.create(connection)
    connection.execute(_revisions.insert(), {"version_num": REVISION})
