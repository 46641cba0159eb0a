"""Queries for models, snapshots and jobs, each run on the caller's connection."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modelop_jupyter.domain.job_lists import JobColumn, JobFilter, JobOrder
from modelop_jupyter.domain.jobs import JobRecord, JobStatus
from modelop_jupyter.domain.lineage import Maker
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.errors import JobNotFoundError, ModelNotFoundError
from modelop_jupyter.registry.database import is_writing
from modelop_jupyter.registry.rows import job_of, key_of, model_of, snapshot_of
from modelop_jupyter.registry.tables import jobs, models, snapshots

_MOST_SUGGESTIONS = 1000
_IDS_PER_STATEMENT = 500

UNFINISHED = [status.value for status in JobStatus if not status.is_done]

SNAPSHOTS = sa.select(snapshots, models.c.name.label("model")).join(models)
JOBS = (
    sa.select(jobs, models.c.name.label("model"), snapshots.c.number.label("snapshot"))
    .join(models, jobs.c.model_id == models.c.id)
    .join(snapshots, jobs.c.snapshot_id == snapshots.c.id)
)
# Without the wide columns: a file that is written each night has many.
_MAKERS = JOBS.with_only_columns(
    jobs.c.id,
    jobs.c.output,
    jobs.c.created,
    models.c.name.label("model"),
    snapshots.c.number.label("snapshot"),
)


def model_row(connection: sa.Connection, name: str) -> sa.RowMapping | None:
    """Return the row of a model, removed or not, with the name compared without case."""
    # Writers of a database other than SQLite are serialized per model by a lock on its row.
    query = sa.select(models).where(models.c.key == key_of(name))
    if is_writing(connection):
        query = query.with_for_update()
    return connection.execute(query).mappings().one_or_none()


def known_model(connection: sa.Connection, name: str) -> sa.RowMapping:
    """Return the row of a model of exactly this name, removed or not.

    Raises :class:`ModelNotFoundError` with names for a suggestion.
    """
    row = model_row(connection, name)
    if row is None or row["name"] != name:
        raise ModelNotFoundError(name, model_names(connection, limit=_MOST_SUGGESTIONS))
    return row


def present_model(connection: sa.Connection, name: str) -> sa.RowMapping:
    """Return the row of a model that is not removed."""
    row = known_model(connection, name)
    if row["removed"]:
        raise ModelNotFoundError(name, model_names(connection, limit=_MOST_SUGGESTIONS))
    return row


def model_names(connection: sa.Connection, *, limit: int | None) -> list[str]:
    """Return the names of the models that are not removed, sorted."""
    query = sa.select(models.c.name).where(models.c.removed.is_(False))
    return list(connection.scalars(query.order_by(models.c.key).limit(limit)))


def newest_snapshot(connection: sa.Connection, query: sa.Select[Any]) -> Snapshot | None:
    """Return the snapshot with the highest number among the results of a query."""
    newest_first = query.order_by(snapshots.c.number.desc()).limit(1)
    row = connection.execute(newest_first).mappings().one_or_none()
    return None if row is None else snapshot_of(row)


def snapshot_refs(connection: sa.Connection, model: sa.RowMapping) -> list[str]:
    """Return ``NAME@N`` of all snapshots of a model."""
    query = sa.select(snapshots.c.number).where(snapshots.c.model_id == model["id"])
    return [f"{model['name']}@{number}" for number in connection.scalars(query)]


def exact_job(connection: sa.Connection, job_id: str) -> JobRecord:
    """Return the job with this full id; raises :class:`JobNotFoundError`."""
    query = JOBS.where(jobs.c.id == job_id)
    if is_writing(connection):
        query = query.with_for_update(of=jobs)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise JobNotFoundError(job_id)
    return job_of(row)


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model with the number of its newest snapshot and its last job, None without one."""

    model: Model
    snapshot: int | None
    last_job: JobRecord | None


# One index lookup for each model of the page, however many snapshots and jobs it has.
_NEWEST = (
    sa.select(sa.func.max(snapshots.c.number))
    .where(snapshots.c.model_id == models.c.id)
    .scalar_subquery()
)
_LAST_JOB = (
    sa.select(jobs.c.id)
    .where(jobs.c.model_id == models.c.id)
    .order_by(jobs.c.created.desc(), jobs.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_LAST_JOB_CREATED = (
    sa.select(sa.func.max(jobs.c.created)).where(jobs.c.model_id == models.c.id).scalar_subquery()
)
# NULL, of a model without jobs, is not greater.
_LAST_USED = sa.case(
    (models.c.modified < _LAST_JOB_CREATED, _LAST_JOB_CREATED), else_=models.c.modified
)


def page_of_models(
    connection: sa.Connection,
    *,
    found: Sequence[sa.ColumnElement[bool]],
    recent_first: bool,
    offset: int,
    limit: int | None,
) -> tuple[list[ListedModel], int]:
    """Return a page of the models by name or by their last use, and how many there are.

    ``found`` are the conditions of a search.
    """
    conditions = [models.c.removed.is_(False), *found]
    order = (*([_LAST_USED.desc()] if recent_first else []), models.c.key)
    if found:
        # Once, not for the page and the length of the whole: a search reads many rows.
        query = sa.select(models.c.id).where(*conditions).order_by(*order)
        ids = list(connection.scalars(query))
        end = None if limit is None else offset + limit
        return _listed(connection, ids[offset:end]), len(ids)
    query = sa.select(models.c.id).where(*conditions).order_by(*order)
    total = connection.scalar(sa.select(sa.func.count()).select_from(models).where(*conditions))
    return _listed(connection, list(connection.scalars(_page(query, offset, limit)))), total or 0


def _listed(connection: sa.Connection, ids: list[str]) -> list[ListedModel]:
    """Return models with their newest snapshots and last jobs, in the order of their ids."""
    query = sa.select(models, _NEWEST.label("newest"), _LAST_JOB.label("last_job"))
    by_id: dict[str, sa.RowMapping] = {}
    for some in _batches(ids):
        rows = connection.execute(query.where(models.c.id.in_(some))).mappings()
        by_id.update((row["id"], row) for row in rows)
    found = [by_id[model_id] for model_id in ids if model_id in by_id]
    last_jobs = _jobs_by_id(connection, [row["last_job"] for row in found if row["last_job"]])
    return [
        ListedModel(model_of(row), row["newest"], last_jobs.get(row["last_job"])) for row in found
    ]


_SORTED_BY: dict[JobColumn, sa.ColumnElement[Any]] = {
    JobColumn.CREATED: jobs.c.created,
    JobColumn.MODEL: models.c.key,
    JobColumn.KIND: jobs.c.kind,
    JobColumn.STATE: jobs.c.state,
    JobColumn.DURATION: jobs.c.seconds,
    JobColumn.RECORDS: jobs.c.counts["records_in"].as_integer(),
}


def page_of_jobs(
    connection: sa.Connection,
    listed: JobFilter,
    order: JobOrder,
    *,
    offset: int,
    limit: int | None,
) -> tuple[list[JobRecord], int]:
    """Return a page of the jobs in their order, and how many there are."""
    conditions = _conditions(connection, listed)
    by_model = bool(listed.match) or order.column is JobColumn.MODEL
    table = jobs.join(models, jobs.c.model_id == models.c.id) if by_model else jobs
    total = connection.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions))
    # The ids first: rows are wide, and a sort would carry all of them.
    query = sa.select(jobs.c.id).select_from(table).where(*conditions)
    column = _SORTED_BY[order.column]
    newest = (jobs.c.created.desc(), jobs.c.id.desc())
    if order.column is JobColumn.CREATED:
        ordered = query.order_by(*(newest if order.is_descending else (column, jobs.c.id)))
    else:
        # Databases disagree where NULL stands, as for the duration of a job that has not ended.
        way = column.desc() if order.is_descending else column.asc()
        ordered = query.order_by(column.is_(None), way, *newest)
    ids = list(connection.scalars(_page(ordered, offset, limit)))
    found = _jobs_by_id(connection, ids)
    return [found[job_id] for job_id in ids if job_id in found], total or 0


def makers_of(connection: sa.Connection, paths: Collection[str]) -> list[Maker]:
    """Return the jobs whose output is one of these paths, newest first."""
    found: list[Maker] = []
    for some in _batches(sorted(paths)):
        for row in connection.execute(_MAKERS.where(jobs.c.output.in_(some))).mappings():
            ref = f"{row['model']}@{row['snapshot']}"
            found.append(Maker(row["id"], ref, row["output"], row["created"]))
    return sorted(found, key=lambda maker: (maker.created, maker.job), reverse=True)


def _conditions(connection: sa.Connection, listed: JobFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if listed.kinds:
        conditions.append(jobs.c.kind.in_([kind.value for kind in listed.kinds]))
    if listed.statuses:
        conditions.append(jobs.c.status.in_([status.value for status in listed.statuses]))
    if listed.states:
        conditions.append(jobs.c.state.in_([state.value for state in listed.states]))
    if listed.since is not None:
        conditions.append(jobs.c.created >= listed.since)
    if listed.by is not None:
        conditions.append(jobs.c.created_by == listed.by)
    if listed.before is not None:
        conditions.append(jobs.c.created < listed.before)
    if listed.models is not None:
        named = sa.select(models.c.id).where(models.c.key.in_(map(key_of, listed.models)))
        conditions.append(jobs.c.model_id.in_(named))
    if listed.model is not None:
        conditions.append(jobs.c.model_id == known_model(connection, listed.model)["id"])
    if listed.match:
        conditions.append(_has_text(listed.match))
    return conditions


def _has_text(text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a person finds a job by this text; case does not count."""
    return sa.or_(
        models.c.key.contains(key_of(text), autoescape=True),
        jobs.c.id.startswith(text.lower(), autoescape=True),
        jobs.c.inputs[(0, "name")].as_string().icontains(text, autoescape=True),
        jobs.c.output.icontains(text, autoescape=True),
    )


def superseded_snapshots(connection: sa.Connection) -> dict[str, list[Snapshot]]:
    """Return by model the snapshots that differ from its current state, newest first."""
    differs = sa.or_(
        snapshots.c.digest != models.c.digest, snapshots.c.lock.is_distinct_from(models.c.lock)
    )
    query = SNAPSHOTS.where(models.c.removed.is_(False), differs)
    by_model: dict[str, list[Snapshot]] = {}
    for row in connection.execute(query.order_by(snapshots.c.number.desc())).mappings():
        by_model.setdefault(row["model"], []).append(snapshot_of(row))
    return by_model


def recorded_jobs(connection: sa.Connection, ids: Collection[str]) -> set[str]:
    """Return which of these ids are recorded."""
    recorded: set[str] = set()
    for some in _batches(list(ids)):
        recorded.update(connection.scalars(sa.select(jobs.c.id).where(jobs.c.id.in_(some))))
    return recorded


def _page(query: sa.Select[Any], offset: int, limit: int | None) -> sa.Select[Any]:
    return query.limit(limit).offset(offset) if offset else query.limit(limit)


def _jobs_by_id(connection: sa.Connection, ids: list[str]) -> dict[str, JobRecord]:
    by_id: dict[str, JobRecord] = {}
    for some in _batches(ids):
        rows = connection.execute(JOBS.where(jobs.c.id.in_(some))).mappings()
        by_id |= {row["id"]: job_of(row) for row in rows}
    return by_id


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Split ids for several statements: the oldest SQLite allows 999 values in one."""
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        yield ids[start : start + _IDS_PER_STATEMENT]
