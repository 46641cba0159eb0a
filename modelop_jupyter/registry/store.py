"""The registry of models, snapshots and jobs: the only access to its database.

Removing a model hides it and frees its name; its snapshots and jobs stay forever (spec 8.2).
Registering the name again brings it back with that history and its aliases, so that ``NAME@N`` never
gets a second meaning.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import sqlalchemy as sa

from modelop_jupyter.domain.job_lists import ALL_JOBS, NEWEST_FIRST
from modelop_jupyter.domain.model_search import ModelQuery
from modelop_jupyter.domain.models import Model, ModelState, Snapshot
from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.errors import ConflictError, HomeError, JobNotFoundError, SnapshotNotFoundError
from modelop_jupyter.registry import aliases, deployments, holding, queries, search
from modelop_jupyter.registry.checks import forget_checks, keep_check, newest_check
from modelop_jupyter.registry.database import Database, RowExistsError
from modelop_jupyter.registry.holding import BlobKeeper, digests_of
from modelop_jupyter.registry.queries import (
    JOBS,
    SNAPSHOTS,
    UNFINISHED,
    ListedModel,
    exact_job,
    known_model,
    model_names,
    newest_snapshot,
    present_model,
    snapshot_refs,
)
from modelop_jupyter.registry.rows import (
    job_of,
    job_values,
    key_of,
    model_of,
    snapshot_of,
    snapshot_values,
)
from modelop_jupyter.registry.tables import jobs, models, snapshots
from modelop_jupyter.registry.watch import RegistryWatch
from modelop_jupyter.registry.writes import (
    Restored,
    change_job,
    change_model,
    give_lock,
    has_content,
    replace_lock,
    restore,
)

if TYPE_CHECKING:
    from modelop_jupyter.domain.aliases import Alias, AliasMove
    from modelop_jupyter.domain.checks import CheckReport
    from modelop_jupyter.domain.deployments import DeploymentRecord
    from modelop_jupyter.domain.job_lists import JobFilter, JobOrder
    from modelop_jupyter.domain.jobs import JobInput, JobRecord
    from modelop_jupyter.domain.lineage import Maker
    from modelop_jupyter.domain.places import Place, SharedFile
    from modelop_jupyter.registry.changes import Change, Draft

_SHORTEST_PREFIX = 4
_TRIES = 2

Written = TypeVar("Written")


class Registry(AbstractContextManager["Registry"]):
    """The records of one database; safe to share among threads, not across a fork.

    Where other homes read them, too, a ``keeper`` puts bytes in their place before a row names them.
    """

    def __init__(
        self, database: Database, *, new_id: Callable[[], str], keeper: BlobKeeper | None = None
    ) -> None:
        self._database = database
        self._new_id = new_id
        self._keeper = keeper
        self._is_indexed = False

    @classmethod
    def open(
        cls,
        url: str,
        home: Path,
        *,
        new_id: Callable[[], str] = lambda: str(uuid4()),
        begins_anew: bool = False,
        keeper: BlobKeeper | None = None,
    ) -> Registry:
        """Open the registry, creating it first if needed.

        ``begins_anew`` allows an empty registry in a home that has jobs. Raises :class:`HomeError`,
        or its subclass :class:`RegistryError`, when it cannot be used.
        """
        database = Database.open(url, home, begins_anew=begins_anew)
        return cls(database, new_id=new_id, keeper=keeper)

    def close(self) -> None:
        """Close the database; it opens again when it is used again."""
        self._database.close()

    def watch(self) -> RegistryWatch:
        """Return a watch that detects changes of the registry; the caller closes it."""
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
        by: str | None = None,
        keeps_lock: Callable[[ModelState, ModelState], bool] = operator.eq,
    ) -> Change:
        """Record a new state of a model, which ``by`` has made, and return what it changed.

        ``make`` gets the current model, None if there is none, and returns the new state. It runs
        inside the transaction, so that nobody else changes the model meanwhile: it should be quick.
        It runs once more if another process inserted the model first. ``keeps_lock`` gets the old
        and the new state and returns whether they require the same packages: then the lock stays.
        Raises :class:`ConflictError` for a name that differs only in case from another model's.
        """

        def write(connection: sa.Connection) -> Change:
            def make_held(before: Model | None) -> Draft:
                draft = make(before)
                # Large files were put there before (:meth:`hold`), and nobody waits for them here.
                self._hold(connection, digests_of(draft.state, draft.lock))
                return draft

            return change_model(
                connection,
                name,
                make_held,
                new_id=self._new_id,
                now=now,
                by=by,
                keeps_lock=keeps_lock,
            )

        return self._with_new_rows(write)

    def record_snapshot(
        self,
        name: str,
        draft: Draft,
        *,
        label: str | None,
        now: datetime,
        by: str | None = None,
        keeps_lock: Callable[[ModelState, ModelState], bool] = operator.eq,
    ) -> tuple[Change, Snapshot, bool]:
        """Record a state and its snapshot in one transaction.

        The bool is whether the snapshot is new.
        """
        self.hold(digests_of(draft.state, draft.lock))

        def write(connection: sa.Connection) -> tuple[Change, Snapshot, bool]:
            change = change_model(
                connection,
                name,
                lambda _: draft,
                new_id=self._new_id,
                now=now,
                by=by,
                keeps_lock=keeps_lock,
            )
            return (change, *self._snapshot(connection, name, label=label, now=now, by=by))

        return self._with_new_rows(write)

    def restore(self, model: Model, snapshot: Snapshot, job: JobRecord | None = None) -> Restored:
        """Record the model, snapshot and job of a job folder where they are not recorded.

        Raises :class:`ConflictError` if they contradict existing records.
        """
        self.hold(digests_of(model.state, model.lock) | digests_of(snapshot.state, snapshot.lock))

        def write(connection: sa.Connection) -> Restored:
            return restore(connection, model, snapshot, job, new_id=self._new_id)

        return self._with_new_rows(write)

    def _with_new_rows(self, write: Callable[[sa.Connection], Written]) -> Written:
        """Write in a transaction, again if another process inserted the same row first.

        A missing row cannot be locked, in databases other than SQLite, whose writers are
        serialized.
        """
        for _ in range(_TRIES):
            with contextlib.suppress(RowExistsError), self._database.writing() as connection:
                return write(connection)
        with self._database.writing() as connection:
            return write(connection)

    def get_model(self, name: str) -> Model:
        """Return a model; raises :class:`ModelNotFoundError` with similar names."""
        with self._database.reading() as connection:
            return model_of(present_model(connection, name))

    def page_of_models(
        self,
        *,
        match: str = "",
        recent_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[ListedModel], int]:
        """Return models, and how many there are; ``match`` is a query of :mod:`domain.model_search`.

        They are sorted by name, or by the time of their last change or job.
        """
        query = ModelQuery.parse(match)
        if query.terms and not self._is_indexed:
            self._index_models()
        with self._database.reading() as connection:
            return queries.page_of_models(
                connection,
                found=search.conditions(query),
                recent_first=recent_first,
                offset=offset,
                limit=limit,
            )

    def _index_models(self) -> None:
        """Keep the texts of models that a release before has written, where the database can be written.

        That release does not open a registry of this revision, so that no more of them come.
        """
        with contextlib.suppress(HomeError):
            while True:
                with self._database.reading() as connection:
                    if not search.unindexed_models(connection, limit=1):
                        self._is_indexed = True
                        return
                with self._database.writing() as connection:
                    for model in search.unindexed_models(connection):
                        search.index_model(connection, model)

    def keep_metrics(self, job: JobRecord, numbers: Mapping[str, float]) -> None:
        """Keep the numbers of a metrics job, by which its model is searched; the newest job counts."""
        self._with_new_rows(lambda connection: search.keep_metrics(connection, job, numbers))

    def unmeasured_jobs(self) -> list[JobRecord]:
        """Return the last metrics job of each model whose metrics were never looked at."""
        with self._database.reading() as connection:
            return search.unmeasured_jobs(connection)

    def list_models(self, *, limit: int | None = None, after: str = "") -> list[Model]:
        """Return the models sorted by name, from the first one after ``after``."""
        query = (
            sa.select(models)
            .where(models.c.removed.is_(False), models.c.key > key_of(after))
            .order_by(models.c.key)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [model_of(row) for row in connection.execute(query).mappings()]

    def model_names(self) -> list[str]:
        """Return the names only, which is quick."""
        with self._database.reading() as connection:
            return model_names(connection, limit=None)

    def tags_of_models(self) -> dict[str, tuple[str, ...]]:
        """Return the tags of each model by its name, without reading their states."""
        query = sa.select(models.c.name, models.c.tags).where(models.c.removed.is_(False))
        with self._database.reading() as connection:
            return {row.name: tuple(row.tags) for row in connection.execute(query)}

    def remove_model(self, name: str) -> None:
        """Hide a model, forget its checks and deployment; its snapshots and jobs stay recorded."""
        with self._database.writing() as connection:
            row = present_model(connection, name)
            forget_checks(connection, row["id"])
            deployments.forget_deployment(connection, row["id"])
            connection.execute(models.update().where(models.c.id == row["id"]).values(removed=True))

    # Snapshots

    def take_snapshot(
        self, name: str, *, label: str | None = None, now: datetime, by: str | None = None
    ) -> tuple[Snapshot, bool]:
        """Return the snapshot of a model's current state, and whether it is new.

        Equal content with an equal lock is the same snapshot, which keeps its first label.
        """
        if self._keeper is not None:
            model = self.get_model(name)
            self.hold(digests_of(model.state, model.lock))
        with self._database.writing() as connection:
            return self._snapshot(connection, name, label=label, now=now, by=by)

    def _snapshot(
        self,
        connection: sa.Connection,
        name: str,
        *,
        label: str | None,
        now: datetime,
        by: str | None,
    ) -> tuple[Snapshot, bool]:
        row = present_model(connection, name)
        of_model = snapshots.c.model_id == row["id"]
        equal = SNAPSHOTS.where(of_model, has_content(row["digest"], row["lock"]))
        existing = newest_snapshot(connection, equal)
        if existing is not None:
            if existing.lock is None and row["lock"] is not None:
                existing = replace(existing, lock=give_lock(connection, existing, row["lock"]))
            return existing, False
        model = model_of(row)
        last = sa.select(sa.func.max(snapshots.c.number)).where(of_model)
        snapshot = Snapshot(
            id=self._new_id(),
            model=name,
            number=(connection.scalar(last) or 0) + 1,
            name=label or f"{name}-{now.astimezone(timezone.utc):%Y%m%d_%H%M}",
            state=model.state,
            created=now,
            lock=row["lock"],
            created_by=by,
            origin=model.origin,
        )
        connection.execute(snapshots.insert(), snapshot_values(snapshot, row["id"]))
        return snapshot, True

    def get_snapshot(self, name: str, number: int | None = None) -> Snapshot:
        """Return one snapshot, or a model's newest.

        With a number, also those of a removed model are found.
        """
        with self._database.reading() as connection:
            row = (
                present_model(connection, name) if number is None else known_model(connection, name)
            )
            query = SNAPSHOTS.where(snapshots.c.model_id == row["id"])
            if number is not None:
                query = query.where(snapshots.c.number == number)
            snapshot = newest_snapshot(connection, query)
            if snapshot is None:
                raise SnapshotNotFoundError(f"{name}@{number or 1}", snapshot_refs(connection, row))
            return snapshot

    def list_snapshots(self, name: str) -> list[Snapshot]:
        """Return a model's snapshots with their aliases, newest first."""
        with self._database.reading() as connection:
            row = present_model(connection, name)
            query = SNAPSHOTS.where(snapshots.c.model_id == row["id"])
            rows = connection.execute(query.order_by(snapshots.c.number.desc())).mappings()
            words = aliases.words_by_number(connection, row["id"])
            return [
                replace(snapshot, aliases=words.get(snapshot.number, ()))
                for snapshot in map(snapshot_of, rows)
            ]

    def superseded_snapshots(self) -> dict[str, list[Snapshot]]:
        """Return by model the snapshots that differ from its current state, newest first."""
        with self._database.reading() as connection:
            return queries.superseded_snapshots(connection)

    def set_lock(self, owner: Model | Snapshot, lock_digest: str) -> str:
        """Set the lock of a model's state or a snapshot once; return the lock it has then."""
        self.hold([lock_digest])
        with self._database.writing() as connection:
            return give_lock(connection, owner, lock_digest)

    def replace_lock(
        self, model: Model, lock_digest: str, *, now: datetime, by: str | None = None
    ) -> Model:
        """Replace the lock of a model's state; its snapshots keep theirs."""
        self.hold([lock_digest])
        with self._database.writing() as connection:
            replace_lock(connection, model, lock_digest, modified=now, modified_by=by)
        return replace(model, lock=lock_digest, modified=now, modified_by=by)

    # Aliases

    def move_alias(
        self, name: str, word: str, number: int, *, now: datetime, by: str | None = None
    ) -> Alias:
        """Let a word stand for a snapshot of a model; ``by`` is the user who asked for it."""
        return self._with_new_rows(
            lambda connection: aliases.move_alias(
                connection, name, word, number, new_id=self._new_id, now=now, by=by
            )
        )

    def take_alias_away(
        self, name: str, word: str, *, now: datetime, by: str | None = None
    ) -> None:
        """Remove an alias of a model; raises :class:`AliasNotFoundError`."""
        with self._database.writing() as connection:
            aliases.take_alias_away(connection, name, word, new_id=self._new_id, now=now, by=by)

    def number_of_alias(self, name: str, word: str) -> int:
        """Return the snapshot that an alias stands for; raises :class:`AliasNotFoundError`."""
        with self._database.reading() as connection:
            return aliases.number_of_alias(connection, name, word)

    def aliases_of(self, name: str) -> list[Alias]:
        """Return the aliases of a model by their words."""
        with self._database.reading() as connection:
            return aliases.aliases_of(connection, name)

    def moves_of_aliases(self, name: str, word: str | None = None) -> list[AliasMove]:
        """Return the moves of a model's aliases, or of one of them, newest first."""
        with self._database.reading() as connection:
            return aliases.moves_of_aliases(connection, name, word)

    # Checks

    def keep_check(self, report: CheckReport) -> bool:
        """Keep the report of a check with its snapshot; False where the model was removed meanwhile."""
        return self._with_new_rows(lambda connection: keep_check(connection, report))

    def newest_check(self, model: Model, number: int | None = None) -> CheckReport | None:
        """Return the newest report of a model, or that of one snapshot; None where there is none."""
        with self._database.reading() as connection:
            return newest_check(connection, model, number)

    # Deployments

    def keep_deployment(self, record: DeploymentRecord, *, now: datetime) -> DeploymentRecord:
        """Record a model's deployment, and return it as it is on record.

        One that the model has already keeps its id and the time when it was made.
        """
        return self._with_new_rows(
            lambda connection: deployments.keep_deployment(connection, record, now)
        )

    def deployment_of(self, name: str) -> DeploymentRecord | None:
        """Return the deployment of a model, None where it has none."""
        with self._database.reading() as connection:
            return deployments.deployment_of(connection, name)

    def forget_deployment(self, name: str) -> None:
        """Delete the record of a model's deployment."""
        with self._database.writing() as connection:
            row = known_model(connection, name)
            deployments.forget_deployment(connection, row["id"])

    def list_deployments(self) -> list[DeploymentRecord]:
        """Return the deployments by the names of their models."""
        with self._database.reading() as connection:
            return deployments.list_deployments(connection)

    # Jobs

    def add_job(self, record: JobRecord) -> None:
        """Record a new job; raises :class:`SnapshotNotFoundError` for an unknown snapshot."""
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

    def finish_job(self, record: JobRecord) -> bool:
        """Record the end of a job; False if another end is recorded, which then stays."""
        if not record.status.is_done:
            raise ValueError(f"{record.status.value} is not the end of a job")
        with self._database.writing() as connection:
            return change_job(connection, exact_job(connection, record.id), record)

    def set_inputs(self, job_id: str, inputs: Sequence[JobInput]) -> None:
        """Replace the inputs of a job, whose digests are known only when it has ended."""
        with self._database.writing() as connection:
            values = {"inputs": [to_wire(data) for data in inputs]}
            connection.execute(jobs.update().where(jobs.c.id == job_id).values(values))

    def get_job(self, job_id: str) -> JobRecord:
        """Return a job by its id or an unambiguous prefix of at least four characters."""
        with self._database.reading() as connection:
            rows = connection.execute(JOBS.where(jobs.c.id == job_id)).mappings().all()
            if not rows and len(job_id) >= _SHORTEST_PREFIX:
                prefix = job_id.lower()
                # SQLite uses an index for a range, not for LIKE; other databases may sort otherwise.
                like = jobs.c.id.startswith(prefix, autoescape=True)
                between = jobs.c.id.between(prefix, prefix + "\x7f")
                query = JOBS.where(between if self._database.is_sqlite else like).limit(2)
                rows = connection.execute(query).mappings().all()
            if not rows:
                raise JobNotFoundError(job_id)
            if len(rows) > 1:
                raise ConflictError(
                    f"several jobs begin with {job_id!r}", "Write more digits of the id"
                )
            return job_of(rows[0])

    def list_jobs(
        self, *, model: str | None = None, running: bool = False, limit: int | None = 50
    ) -> list[JobRecord]:
        """Return the newest jobs first; with ``running`` all that have not ended."""
        query = JOBS.order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(limit)
        if running:
            query = query.where(jobs.c.status.in_(UNFINISHED))
        with self._database.reading() as connection:
            if model is not None:
                query = query.where(jobs.c.model_id == known_model(connection, model)["id"])
            return [job_of(row) for row in connection.execute(query).mappings()]

    def page_of_jobs(
        self,
        listed: JobFilter = ALL_JOBS,
        order: JobOrder = NEWEST_FIRST,
        *,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[JobRecord], int]:
        """Return some of the jobs that pass a filter, and how many of them there are."""
        with self._database.reading() as connection:
            return queries.page_of_jobs(connection, listed, order, offset=offset, limit=limit)

    def remove_job(self, job_id: str) -> bool:
        """Delete a job; False where it is not recorded."""
        with self._database.writing() as connection:
            holding.unshare_job(connection, job_id)
            return connection.execute(jobs.delete().where(jobs.c.id == job_id)).rowcount == 1

    def derived_jobs(self, job_id: str) -> list[JobRecord]:
        """Return the retries and reruns of a job."""
        origin = jobs.c.options["origin"]["job"].as_string()
        with self._database.reading() as connection:
            rows = connection.execute(JOBS.where(origin == job_id)).mappings()
            return [job_of(row) for row in rows]

    def makers_of(self, paths: Collection[str]) -> list[Maker]:
        """Return the jobs of any model whose output is one of these paths, newest first."""
        with self._database.reading() as connection:
            return queries.makers_of(connection, paths)

    def recorded_jobs(self, ids: Collection[str]) -> set[str]:
        """Return which of these ids are recorded."""
        with self._database.reading() as connection:
            return queries.recorded_jobs(connection, ids)

    # Where bytes lie

    def hold(self, digests: Iterable[str]) -> None:
        """Put bytes where all who use this registry can have them, before a row names them.

        Bytes that are not in this home are left out: whoever registered them has put them there.
        Does nothing in a registry of one home. Raises :class:`SharedFilesError`.
        """
        if self._keeper is None:
            return
        place = self._keeper.place
        with self._database.reading() as connection:
            missing = holding.not_held(connection, digests, place)
        if missing and (kept := self._keeper.keep(missing)):
            self._with_new_rows(lambda connection: holding.record_held(connection, kept, place))

    def _hold(self, connection: sa.Connection, digests: Iterable[str]) -> None:
        if self._keeper is None:
            return
        place = self._keeper.place
        missing = holding.not_held(connection, digests, place)
        if missing and (kept := self._keeper.keep(missing)):
            holding.record_held(connection, kept, place)

    def forget_held(self, digest: str, place: Place) -> None:
        """Record that a place does not have these bytes after all; whoever has them puts them there."""
        with self._database.writing() as connection:
            holding.forget_held(connection, digest, place)

    def places_of(self, digests: Iterable[str]) -> dict[str, set[Place]]:
        """Return which places have these bytes, for those of which one is on record."""
        with self._database.reading() as connection:
            return holding.places_of(connection, digests)

    def share_job(self, job: JobRecord, files: Iterable[SharedFile], place: Place) -> bool:
        """Record which files of a job are at a shared address; False for a job that was removed."""

        def write(connection: sa.Connection) -> bool:
            if not queries.recorded_jobs(connection, [job.id]):
                return False
            holding.share_job(connection, job, files, place)
            return True

        return self._with_new_rows(write)

    def unshare_job(self, job_id: str) -> None:
        """Record that nothing of a job is shared."""
        with self._database.writing() as connection:
            holding.unshare_job(connection, job_id)

    def shared_files(self, job_id: str) -> tuple[Place, tuple[SharedFile, ...]] | None:
        """Return the address and the shared files of a job, None where none are shared."""
        with self._database.reading() as connection:
            return holding.shared_files(connection, job_id)

    def unshared_jobs(self, ids: Iterable[str]) -> set[str]:
        """Return which of these jobs have no shared files."""
        with self._database.reading() as connection:
            return holding.unshared_jobs(connection, ids)
