"""The registry: models, their snapshots and their jobs. The one seam to the database.

Removing a model hides it and frees its name; its snapshots and jobs stay for ever (spec 8.2).
Registering the name again brings it back with that history, so that ``NAME@N`` never comes to
mean a second thing.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from uuid import uuid4

import sqlalchemy as sa

from modelop_jupyter.domain.jobs import Counts, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import Model, ModelState, Snapshot
from modelop_jupyter.errors import ConflictError, JobNotFoundError, SnapshotNotFoundError
from modelop_jupyter.registry.changes import Change, Draft
from modelop_jupyter.registry.changing import change_model
from modelop_jupyter.registry.database import Database, RowExistsError
from modelop_jupyter.registry.listings import Listings
from modelop_jupyter.registry.locking import give_lock, is_same, replace_lock
from modelop_jupyter.registry.queries import (
    JOBS,
    SNAPSHOTS,
    UNFINISHED,
    change_job,
    exact_job,
    known_model,
    model_names,
    newest_snapshot,
    present_model,
    snapshot_refs,
)
from modelop_jupyter.registry.removals import Removals
from modelop_jupyter.registry.restoring import Restored, restore
from modelop_jupyter.registry.rows import (
    job_of,
    job_values,
    key_of,
    model_of,
    snapshot_of,
    state_values,
)
from modelop_jupyter.registry.tables import jobs, models, snapshots
from modelop_jupyter.registry.watching import RegistryWatch

_SHORTEST_PREFIX = 4
_TRIES = 2

Written = TypeVar("Written")


class Registry(Listings, Removals, AbstractContextManager["Registry"]):
    """What is recorded in one database; safe to share among threads, not across a fork."""

    def __init__(self, database: Database, *, new_id: Callable[[], str]) -> None:
        self._database = database
        self._new_id = new_id

    @classmethod
    def open(
        cls,
        url: str,
        home: Path,
        *,
        new_id: Callable[[], str] = lambda: str(uuid4()),
        begins_anew: bool = False,
    ) -> Registry:
        """Open the registry, making it first where there is none.

        ``begins_anew`` allows an empty registry in a home that holds jobs.

        Raises :class:`HomeError`, or its :class:`RegistryError`, when it cannot be used.
        """
        return cls(Database.open(url, home, begins_anew=begins_anew), new_id=new_id)

    def close(self) -> None:
        """Close the database; it opens again by itself when it is used again."""
        self._database.close()

    def watch(self) -> RegistryWatch:
        """Return what tells, again and again, whether anything on record has changed."""
        return RegistryWatch(self._database)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # Models

    def change_model(
        self,
        name: str,
        make: Callable[[Model | None], Draft],
        *,
        now: datetime,
        keeps_lock: Callable[[ModelState, ModelState], bool] = operator.eq,
    ) -> Change:
        """Record what a model is made of now, and say what that changed.

        ``make`` gets the model as it stands, None where there is none, and says what becomes of it.
        Nobody else changes the model meanwhile, so it should be quick: it runs in the transaction, and
        once more where another process made the model first. ``keeps_lock`` says of the state before and
        the new one whether they ask for the same packages: then the lock stays. Raises
        :class:`ConflictError` for a name that differs only in case from another model's.
        """

        def write(connection: sa.Connection) -> Change:
            return change_model(
                connection, name, make, new_id=self._new_id, now=now, keeps_lock=keeps_lock
            )

        return self._with_new_rows(write)

    def save_model(
        self,
        name: str,
        state: ModelState,
        *,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        notebook: str | None = None,
        now: datetime,
        keeps_lock: Callable[[ModelState, ModelState], bool] = operator.eq,
    ) -> Change:
        """Record a state that does not hang on the one before; None leaves what else there is as it is."""
        draft = Draft(state, description, None if tags is None else tuple(tags), notebook)
        return self.change_model(name, lambda _: draft, now=now, keeps_lock=keeps_lock)

    def take_in(
        self,
        name: str,
        draft: Draft,
        *,
        label: str | None,
        now: datetime,
        keeps_lock: Callable[[ModelState, ModelState], bool] = operator.eq,
    ) -> tuple[Change, Snapshot, bool]:
        """Record a state and its snapshot in one step; the bool says whether the snapshot is new."""

        def write(connection: sa.Connection) -> tuple[Change, Snapshot, bool]:
            change = change_model(
                connection,
                name,
                lambda _: draft,
                new_id=self._new_id,
                now=now,
                keeps_lock=keeps_lock,
            )
            return (change, *self._snapshot(connection, name, label=label, now=now))

        return self._with_new_rows(write)

    def restore(self, model: Model, snapshot: Snapshot, job: JobRecord | None = None) -> Restored:
        """Record what a job folder tells, where it is not on record; say what of it was not.

        Raises :class:`ConflictError` where it contradicts what is on record.
        """

        def write(connection: sa.Connection) -> Restored:
            return restore(connection, model, snapshot, job, new_id=self._new_id)

        return self._with_new_rows(write)

    def _with_new_rows(self, write: Callable[[sa.Connection], Written]) -> Written:
        """Write in one transaction, anew where another process inserted the same row first.

        A row that is not there cannot be locked, in databases whose writers do not queue.
        """
        for _ in range(_TRIES):
            with contextlib.suppress(RowExistsError), self._database.writing() as connection:
                return write(connection)
        with self._database.writing() as connection:
            return write(connection)

    def get_model(self, name: str) -> Model:
        """Return a model; raises :class:`ModelNotFoundError` that knows the names there are."""
        with self._database.reading() as connection:
            return model_of(present_model(connection, name))

    def list_models(self, *, limit: int | None = None, after: str = "") -> list[Model]:
        """Return the models in the order of their names, from behind ``after`` on."""
        query = (
            sa.select(models)
            .where(models.c.removed.is_(False), models.c.key > key_of(after))
            .order_by(models.c.key)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [model_of(row) for row in connection.execute(query).mappings()]

    def model_names(self) -> list[str]:
        """Return the names alone, which is quick."""
        with self._database.reading() as connection:
            return model_names(connection, limit=None)

    def remove_model(self, name: str) -> None:
        """Take a model off the list; what it ran stays on record."""
        with self._database.writing() as connection:
            row = present_model(connection, name)
            connection.execute(models.update().where(models.c.id == row["id"]).values(removed=True))

    # Snapshots

    def take_snapshot(
        self, name: str, *, label: str | None = None, now: datetime
    ) -> tuple[Snapshot, bool]:
        """Return the snapshot of a model's state, and whether it had to be made.

        Equal content with an equal lock is the same snapshot, which keeps the label it was made with.
        """
        with self._database.writing() as connection:
            return self._snapshot(connection, name, label=label, now=now)

    def _snapshot(
        self, connection: sa.Connection, name: str, *, label: str | None, now: datetime
    ) -> tuple[Snapshot, bool]:
        row = present_model(connection, name)
        mine = snapshots.c.model_id == row["id"]
        equal = SNAPSHOTS.where(mine, is_same(row["digest"], row["lock"]))
        found = newest_snapshot(connection, equal)
        if found is not None:
            if found.lock is None and row["lock"] is not None:
                found = replace(found, lock=give_lock(connection, found, row["lock"]))
            return found, False
        last = sa.select(sa.func.max(snapshots.c.number)).where(mine)
        snapshot = Snapshot(
            id=self._new_id(),
            model=name,
            number=(connection.scalar(last) or 0) + 1,
            name=label or f"{name}-{now.astimezone(timezone.utc):%Y%m%d_%H%M}",
            state=model_of(row).state,
            created=now,
            lock=row["lock"],
        )
        connection.execute(
            snapshots.insert(),
            {
                "id": snapshot.id,
                "model_id": row["id"],
                "number": snapshot.number,
                "name": snapshot.name,
                **state_values(snapshot.state),
                "created": now,
                "lock": snapshot.lock,
            },
        )
        return snapshot, True

    def get_snapshot(self, name: str, number: int | None = None) -> Snapshot:
        """Return one snapshot, or a model's newest; a number finds those of a removed model too."""
        with self._database.reading() as connection:
            row = (
                present_model(connection, name) if number is None else known_model(connection, name)
            )
            query = SNAPSHOTS.where(snapshots.c.model_id == row["id"])
            if number is not None:
                query = query.where(snapshots.c.number == number)
            found = newest_snapshot(connection, query)
            if found is None:
                raise SnapshotNotFoundError(f"{name}@{number or 1}", snapshot_refs(connection, row))
            return found

    def list_snapshots(self, name: str) -> list[Snapshot]:
        """Return a model's snapshots, newest first."""
        with self._database.reading() as connection:
            row = present_model(connection, name)
            query = SNAPSHOTS.where(snapshots.c.model_id == row["id"])
            rows = connection.execute(query.order_by(snapshots.c.number.desc())).mappings()
            return [snapshot_of(each) for each in rows]

    def set_lock(self, owner: Model | Snapshot, lock_digest: str) -> str:
        """Give a model's state or a snapshot its lock, once; return the lock it has, which may be an
        earlier one."""
        with self._database.writing() as connection:
            return give_lock(connection, owner, lock_digest)

    def replace_lock(self, model: Model, lock_digest: str, *, now: datetime) -> Model:
        """Give a model's state another lock; its snapshots keep theirs."""
        with self._database.writing() as connection:
            replace_lock(connection, model, lock_digest, modified=now)
        return replace(model, lock=lock_digest, modified=now)

    # Jobs

    def add_job(self, record: JobRecord) -> None:
        """Record a new job; raises :class:`SnapshotNotFoundError` when its snapshot is unknown."""
        with self._database.writing() as connection:
            row = known_model(connection, record.model)
            snapshot_id = connection.scalar(
                sa.select(snapshots.c.id).where(
                    snapshots.c.model_id == row["id"], snapshots.c.number == record.snapshot
                )
            )
            if snapshot_id is None:
                raise SnapshotNotFoundError(record.snapshot_ref, snapshot_refs(connection, row))
            values = {**job_values(record), "model_id": row["id"], "snapshot_id": snapshot_id}
            connection.execute(jobs.insert(), values)

    def update_job(
        self,
        job_id: str,
        *,
        status: JobStatus | None = None,
        result: JobResult | None = None,
        started: datetime | None = None,
        ended: datetime | None = None,
        output: str | None = None,
        options: Mapping[str, Any] | None = None,
        counts: Counts | None = None,
        messages: Iterable[str] | None = None,
        environment: str | None = None,
        packages: int | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change what is given, unless the job is done: then nothing changes and False returns."""
        given: dict[str, Any] = {
            "status": status,
            "result": result,
            "started": started,
            "ended": ended,
            "output": output,
            "options": options,
            "counts": counts,
            "messages": None if messages is None else tuple(messages),
            "environment": environment,
            "packages": packages,
            "error": error,
        }
        given = {name: value for name, value in given.items() if value is not None}
        with self._database.writing() as connection:
            record = exact_job(connection, job_id)
            return change_job(connection, record, replace(record, **given))

    def finish_job(self, record: JobRecord) -> bool:
        """Record how a job ended; False when an end is on record already, which then stays."""
        if not record.status.is_done:
            raise ValueError(f"{record.status.value} is not the end of a job")
        with self._database.writing() as connection:
            return change_job(connection, exact_job(connection, record.id), record)

    def get_job(self, job_id: str) -> JobRecord:
        """Return a job by its id, or by the beginning of it that is nobody else's."""
        with self._database.reading() as connection:
            rows = connection.execute(JOBS.where(jobs.c.id == job_id)).mappings().all()
            if not rows and len(job_id) >= _SHORTEST_PREFIX:
                prefix = job_id.lower()
                # SQLite's LIKE knows no index; a range does, and other databases sort otherwise.
                like = jobs.c.id.startswith(prefix, autoescape=True)
                between = jobs.c.id.between(prefix, prefix + "\x7f")
                query = JOBS.where(between if self._database.is_sqlite else like).limit(2)
                rows = connection.execute(query).mappings().all()
            if not rows:
                raise JobNotFoundError(job_id)
            if len(rows) > 1:
                raise ConflictError(
                    f"several jobs begin with {job_id!r}", "Write more digits of the one you mean"
                )
            return job_of(rows[0])

    def list_jobs(
        self, *, model: str | None = None, running: bool = False, limit: int | None = 50
    ) -> list[JobRecord]:
        """Return the newest jobs first; ``running`` ones are all that have not ended."""
        query = JOBS.order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(limit)
        if running:
            query = query.where(jobs.c.status.in_(UNFINISHED))
        with self._database.reading() as connection:
            if model is not None:
                query = query.where(jobs.c.model_id == known_model(connection, model)["id"])
            return [job_of(row) for row in connection.execute(query).mappings()]
