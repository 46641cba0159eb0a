"""The Python API and composition root: every verb a user types, as a method.

Nothing is opened, made or imported until a verb needs it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.environments import BuildStep, Environment
from modelop_jupyter.domain.jobs import JobKind, JobRecord
from modelop_jupyter.domain.models import EntryPoints, Model, ModelRef, ModelState, Snapshot
from modelop_jupyter.domain.reports import (
    EnvironmentRow,
    EnvironmentView,
    ModelRow,
    ModelView,
    Overview,
    ProofView,
    Registration,
    Removed,
    RequirementsReport,
)
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import AssetNotFoundError, ConflictError, HomeError, InvalidError
from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from modelop_jupyter.capture import Captured
    from modelop_jupyter.jobs.service import JobService
    from modelop_jupyter.registry import BlobStore, Registry
    from modelop_jupyter.workspace.environments import ModelEnvironments
    from modelop_jupyter.workspace.job import Job
    from modelop_jupyter.workspace.submission import Variable, Wish

__all__ = ["Job", "Variable", "Workspace"]

_RECENT = 5


def __getattr__(name: str) -> Any:
    if name == "Job":
        from modelop_jupyter.workspace.job import Job

        return Job
    if name == "Variable":
        from modelop_jupyter.workspace.submission import Variable

        return Variable
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Workspace:
    """One home folder: its models, environments and jobs. Close it, or use it with ``with``.

    ``progress`` is called with every step of a build that a verb waits for.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        progress: Callable[[BuildStep], None] | None = None,
    ) -> None:
        self.settings = settings or Settings.from_environment()
        self._progress = progress

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; running jobs go on."""
        if "registry" in self.__dict__:
            self.registry.close()
            del self.__dict__["registry"]

    @cached_property
    def registry(self) -> Registry:
        """The registry, opened when first used."""
        from modelop_jupyter.registry import Registry

        try:
            self.settings.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HomeError(str(self.settings.home), error.strerror or str(error)) from None
        return Registry.open(self.settings.registry_url, self.settings.home)

    @cached_property
    def blobs(self) -> BlobStore:
        from modelop_jupyter.registry import BlobStore

        return BlobStore(self.settings.blobs)

    @property
    def _jobs(self) -> JobService:
        from modelop_jupyter.jobs.service import JobService

        return JobService(self.settings, self.registry)

    @property
    def environments(self) -> ModelEnvironments:
        """The environments of this home and the models they belong to."""
        from modelop_jupyter.workspace.environments import ModelEnvironments

        return ModelEnvironments(self.settings, self.registry, self.blobs, progress=self._progress)

    # Models

    def register(
        self,
        name: str,
        path: str | Path | None = None,
        *,
        captured: Captured | None = None,
        assets: Sequence[tuple[str | Path, AssetRole | None]] = (),
        python: str | None = None,
        source: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
        chosen: EntryPoints | None = None,
    ) -> Registration:
        """Register a model from captured cells, a file or a folder, or add to one that is there.

        Nothing is recorded when anything of it cannot be used. Raises :class:`InvalidError` and
        its kin.
        """
        from modelop_jupyter.domain.models import check_name
        from modelop_jupyter.workspace import materials

        check_name(name)
        if captured is not None:
            made = materials.of_capture(name, captured, self.blobs)
        elif path is not None:
            made = materials.of_path(
                Path(path).expanduser(), source, chosen or EntryPoints(), self.blobs
            )
        else:
            raise InvalidError(
                "there is nothing to register", "Give a .py file, a notebook or a folder"
            )
        given = materials.assets_of(assets, self.blobs)
        state = materials.state_of(self._state(name), made, given, python)
        change = self.registry.save_model(
            name,
            state,
            description=made.description if description is None else description,
            tags=made.tags if tags is None else tags,
            now=_now(),
        )
        return Registration(
            model=change.model,
            created=change.created,
            changes=change.changes,
            source=made.source,
            is_captured=made.is_captured,
            warnings=made.warnings,
        )

    def models(self) -> list[ModelRow]:
        """List the models with their newest snapshot and last job."""
        rows = []
        for model in self.registry.list_models():
            snapshots = self.registry.list_snapshots(model.name)
            last = self.jobs(model=model.name, limit=1)
            rows.append(
                ModelRow(
                    name=model.name,
                    snapshot=snapshots[0].number if snapshots else None,
                    assets=len(model.state.assets),
                    entry_points=model.state.entry_points,
                    modified=model.modified,
                    last_job=last[0] if last else None,
                    description=model.description,
                )
            )
        return rows

    def show(self, ref: str) -> ModelView:
        """Show one model, or one snapshot of it."""
        from modelop_jupyter.jobs.staging import source_text

        model, snapshot = self._find(ref)
        state = snapshot.state if snapshot else model.state
        return ModelView(
            model=model,
            entry_points=state.entry_points,
            assets=state.assets,
            snapshots=tuple(self.registry.list_snapshots(model.name)),
            environment=self.environments.state(state),
            jobs=tuple(self.jobs(model=model.name, limit=_RECENT)),
            snapshot=snapshot,
            source=source_text(state, self.blobs),
        )

    def stored_model(self, ref: str) -> dict[str, Any]:
        """Return the model as ModelOp's StoredModel, a snapshot as its DeployableModel (spec 8)."""
        from modelop_jupyter.jobs import documents

        model, snapshot = self._find(ref)
        if snapshot:
            return documents.deployable_model(model, snapshot, self.blobs.read)
        return documents.stored_model(model, model.state, self.blobs.read)

    def remove(self, name: str) -> Removed:
        """Remove a model from the registry; snapshots and jobs stay on record."""
        if self.jobs(model=name, running=True):
            raise ConflictError(f"a job of {name} is running", "Cancel it first, or wait for it")
        self.registry.remove_model(name)
        return Removed("model", name)

    # Assets

    def asset_add(
        self, name: str, file: str | Path, *, role: AssetRole | None = None
    ) -> Registration:
        """Add a file to a model, or new content of one it has."""
        from modelop_jupyter.workspace import materials

        model = self.registry.get_model(name)
        given = materials.assets_of([(file, role)], self.blobs)
        made = materials.Materials(
            primary=model.state.primary_source, entry_points=model.state.entry_points
        )
        path, _, digest, _ = given[0]
        if path == model.state.primary_source:
            text = self.blobs.read(digest).decode("utf-8-sig", "replace")
            points, odd = materials.points_of(text, path, EntryPoints())
            made = dataclasses.replace(made, entry_points=points, warnings=odd)
        return self._save(model, materials.state_of(model.state, made, given, None), made.warnings)

    def asset_list(self, ref: str) -> list[Asset]:
        """List the assets of a model or snapshot."""
        model, snapshot = self._find(ref)
        return list((snapshot.state if snapshot else model.state).assets)

    def asset_role(self, name: str, asset: str, role: AssetRole) -> Registration:
        """Give an asset a role; several may hold the same one (spec 5.2)."""
        model = self.registry.get_model(name)
        found = _asset(model, asset)
        changed = dataclasses.replace(found, role=role)
        assets = tuple(changed if each == found else each for each in model.state.assets)
        return self._save(model, dataclasses.replace(model.state, assets=assets))

    def asset_remove(self, name: str, asset: str) -> Registration:
        """Take an asset from a model; its snapshots keep it."""
        model = self.registry.get_model(name)
        found = _asset(model, asset)
        if found.path == model.state.primary_source:
            raise ConflictError(
                f"{found.path} is the source of {name}",
                "Register another source, or remove the model",
            )
        assets = tuple(each for each in model.state.assets if each != found)
        return self._save(model, dataclasses.replace(model.state, assets=assets))

    # Snapshots

    def snapshot(self, name: str, *, label: str | None = None) -> Snapshot:
        """Take a snapshot of the model as it is; equal content is the snapshot it had."""
        return self.registry.take_snapshot(name, label=label, now=_now())[0]

    def snapshots(self, name: str) -> list[Snapshot]:
        """List a model's snapshots, newest first."""
        return self.registry.list_snapshots(name)

    # Requirements and environments

    def requirements(self, ref: str, *, check: bool = False) -> RequirementsReport:
        """Show what a model requires; ``check`` compares it with what its source imports."""
        from modelop_jupyter.workspace.requirements import report

        model, snapshot = self._find(ref)
        state = snapshot.state if snapshot else model.state
        return report(ref, state, self.environments, self.blobs, check=check)

    def env_build(self, ref: str) -> Environment:
        """Build a model's environment if it is not there; raises :class:`EnvironmentBuildError`."""
        return self.environments.ensure(self._state_of(ref))

    def env_list(self) -> list[EnvironmentRow]:
        """List the environments with the models that use them."""
        return self.environments.rows()

    def env_show(self, ref: str) -> EnvironmentView:
        """Show a model's environment without building it."""
        return self.environments.view(ref, self._state_of(ref))

    def env_prove(self, ref: str) -> ProofView:
        """Prove that a model's environment holds its lock and nothing else; builds it if need be."""
        return ProofView(ref, self.environments.prove(self._state_of(ref)))

    def env_remove(self, ref: str) -> Removed:
        """Remove a model's environment from disk; the next job builds it again."""
        return self.environments.remove(ref, self._state_of(ref))

    # Jobs

    def batch(
        self,
        ref: str,
        inputs: Sequence[str | Path | Variable],
        *,
        output: str | Path | None = None,
        schemas: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        max_errors: Mapping[str, float] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Call the score function once for each record; returns the job, which runs by itself."""
        from modelop_jupyter.jobs.plan import Limits
        from modelop_jupyter.workspace.submission import Wish

        limits = Limits(max_errors=max_errors, records=limit, seconds=timeout)
        wish = Wish(JobKind.BATCH, inputs, output, parameters or {}, limits, schemas)
        return self._submit(ref, wish)

    def metrics(
        self,
        ref: str,
        inputs: Sequence[str | Path | Variable],
        *,
        output: str | Path | None = None,
        parameters: Mapping[str, Any] | None = None,
        reference: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Call the metrics function once with all records; returns the job, which runs by itself."""
        from modelop_jupyter.jobs.plan import Limits
        from modelop_jupyter.workspace.submission import Wish

        limits = Limits(seconds=timeout)
        wish = Wish(JobKind.METRICS, inputs, output, parameters or {}, limits)
        return self._submit(ref, wish, reference=reference)

    def train(
        self,
        ref: str,
        inputs: Sequence[str | Path | Variable],
        *,
        parameters: Mapping[str, Any] | None = None,
    ) -> Job:
        """Call the train function once with all records; what it leaves in outputDir/ is kept."""
        from modelop_jupyter.workspace.submission import Wish

        return self._submit(ref, Wish(JobKind.TRAIN, inputs, None, parameters or {}))

    def jobs(
        self, *, model: str | None = None, running: bool = False, limit: int = 50
    ) -> list[JobRecord]:
        """List jobs as they stand now, newest first."""
        service = self._jobs
        records = self.registry.list_jobs(model=model, running=running, limit=limit)
        found = [service.refresh(record) for record in records]
        return [record for record in found if not (running and record.status.is_done)]

    def job(self, identity: str) -> Job:
        """Return a job by its id or the beginning of it."""
        from modelop_jupyter.workspace.job import Job

        return Job(self._jobs, self.registry.get_job(identity))

    def job_document(self, identity: str) -> dict[str, Any]:
        """Return a job in ModelOp's JSON (spec 2.9)."""
        from modelop_jupyter.domain.wire import from_wire
        from modelop_jupyter.jobs import documents
        from modelop_jupyter.jobs.plan import Plan

        job = self.job(identity)
        plan = from_wire(Plan, job.folder.read("plan.json"))
        return documents.job(plan, self.blobs.read, record=job.record)

    def overview(self) -> Overview:
        """Return what a bare ``%modelop`` tells."""
        return Overview(
            home=str(self.settings.home),
            models=tuple(self.models()),
            environments=tuple(self.env_list()),
            jobs=tuple(self.jobs(limit=_RECENT)),
        )

    def _submit(self, ref: str, wish: Wish, *, reference: str | None = None) -> Job:
        from modelop_jupyter.workspace.job import Job
        from modelop_jupyter.workspace.submission import submit

        model, snapshot = self._pinned(ref)
        under_test = self._pinned(reference) if reference else None
        record = submit(
            wish,
            model,
            snapshot,
            service=self._jobs,
            environments=self.environments,
            blobs=self.blobs,
            reference=under_test,
        )
        return Job(self._jobs, record)

    def _pinned(self, ref: str) -> tuple[Model, Snapshot]:
        """Return the model and the snapshot a job points at, taken if the state has changed."""
        model, snapshot = self._find(ref)
        return model, snapshot or self.snapshot(model.name)

    def _find(self, ref: str) -> tuple[Model, Snapshot | None]:
        parsed = ModelRef.parse(ref)
        model = self.registry.get_model(parsed.name)
        if parsed.number is None:
            return model, None
        return model, self.registry.get_snapshot(parsed.name, parsed.number)

    def _state_of(self, ref: str) -> ModelState:
        model, snapshot = self._find(ref)
        return snapshot.state if snapshot else model.state

    def _state(self, name: str) -> ModelState:
        from modelop_jupyter.errors import ModelNotFoundError

        try:
            return self.registry.get_model(name).state
        except ModelNotFoundError:
            return ModelState()

    def _save(self, model: Model, state: ModelState, warnings: Sequence[str] = ()) -> Registration:
        change = self.registry.save_model(model.name, state, now=_now())
        return Registration(change.model, False, change.changes, warnings=tuple(warnings))


def _asset(model: Model, name: str) -> Asset:
    found = model.state.asset(name)
    if found is None:
        raise AssetNotFoundError(name, [asset.path for asset in model.state.assets])
    return found


def _now() -> datetime:
    return datetime.now(timezone.utc)
