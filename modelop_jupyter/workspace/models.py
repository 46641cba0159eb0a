"""The methods about models and their snapshots: ``workspace.models``."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.lists import Page
from modelop_jupyter.domain.model_search import ModelQuery
from modelop_jupyter.domain.models import EntryPoints, Model, ModelState, Snapshot
from modelop_jupyter.errors import ConflictError
from modelop_jupyter.workspace import registration
from modelop_jupyter.workspace.home import Home, now
from modelop_jupyter.workspace.registration import AssetFile, RegistrationRequest

if TYPE_CHECKING:
    from modelop_jupyter.capture import Captured, ModelCells
    from modelop_jupyter.capture.hidden_state import HiddenState
    from modelop_jupyter.comparison.snapshots import Version
    from modelop_jupyter.domain.exchange import Exported, Imported
    from modelop_jupyter.domain.lineage import Lineage
    from modelop_jupyter.domain.previews import Preview
    from modelop_jupyter.domain.reports import (
        ModelRow,
        ModelView,
        NotebookChange,
        Registration,
        Removed,
    )
    from modelop_jupyter.domain.results.comparisons import ModelDiff
    from modelop_jupyter.domain.samples import Sample, Table
    from modelop_jupyter.exchange.layout import Content, DownloadedWheels

_RECENT_JOBS = 5


class ModelsApi:
    """The models of a home. Called, it lists them with their newest snapshot and last job."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self, match: str = "") -> list[ModelRow]:
        """List the models with their newest snapshot and last job; ``match`` is as in :meth:`page`."""
        return list(self.page(match=match, limit=None).rows)

    def page(
        self,
        *,
        match: str = "",
        recent_first: bool = False,
        offset: int = 0,
        limit: int | None = 100,
    ) -> Page:
        """List some of the models, those that a query finds.

        ``match`` is such a query: ``tag:fraud metrics.auc>=0.9 name~churn``, or a part of a name. They
        are sorted by name, or by the time of their last change or job. Raises
        :class:`SearchQueryError`.
        """
        from modelop_jupyter.domain.reports import ModelRow

        home = self._home
        if ModelQuery.parse(match).asks_for_metrics:
            home.job_service.keep_metrics()
        entries, total = home.registry.page_of_models(
            match=match, recent_first=recent_first, offset=offset, limit=limit
        )
        service = home.job_service
        states = home.environments.states([entry.model for entry in entries])
        rows = (
            ModelRow(
                name=entry.model.name,
                snapshot=entry.snapshot,
                assets=len(entry.model.state.assets),
                entry_points=entry.model.state.entry_points,
                modified=entry.model.modified,
                last_job=service.refresh(entry.last_job) if entry.last_job else None,
                description=entry.model.description,
                environment=state,
                tags=entry.model.tags,
            )
            for entry, state in zip(entries, states, strict=True)
        )
        return Page(tuple(rows), offset, total)

    def show(self, ref: str) -> ModelView:
        """Show one model, or one snapshot of it."""
        from modelop_jupyter.domain.reports import ModelView
        from modelop_jupyter.models.source import source_text
        from modelop_jupyter.workspace.kept_checks import kept_check

        home = self._home
        model, snapshot = home.find(ref)
        state = snapshot.state if snapshot else model.state
        return ModelView(
            model=model,
            entry_points=state.entry_points,
            assets=state.assets,
            snapshots=tuple(home.registry.list_snapshots(model.name)),
            environment=home.environments.state(snapshot or model),
            jobs=tuple(home.job_service.list(model=model.name, limit=_RECENT_JOBS)),
            snapshot=snapshot,
            source=source_text(state, home.blobs),
            check=kept_check(ref, home),
        )

    def state(self, ref: str) -> ModelState:
        """Return the assets, entry points and Python of a model or snapshot."""
        return self._home.state(ref)

    def document(self, ref: str) -> dict[str, Any]:
        """Return a model as a StoredModel, a snapshot as DeployableModel (spec 8.1, 8.2)."""
        from modelop_jupyter.models import documents

        model, snapshot = self._home.find(ref)
        read = self._home.blobs.read
        if snapshot:
            return documents.deployable_model(model, snapshot, read)
        return documents.stored_model(model, model.state, read)

    def register(
        self,
        name: str,
        path: str | Path | None = None,
        *,
        captured: Captured | None = None,
        cells: ModelCells | None = None,
        assets: Sequence[AssetFile] = (),
        python: str | None = None,
        install_python: bool = False,
        source: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
        chosen: EntryPoints | None = None,
        folder: Path | None = None,
        follow_links: bool = False,
        within: Path | None = None,
        as_of: str | None = None,
    ) -> Registration:
        """Register a model from captured cells, a file or a folder, or change one that is there.

        ``cells`` are those of a notebook that holds several models:
        ``modelop_jupyter.capture.saved_model_cells("churn", "models.ipynb")``.
        Without any of them, a model that is there keeps its source, and what is given is changed.
        ``assets`` are files, or pairs of a file and its role: ``("libs.txt", "Required libraries")``;
        relative ones begin in ``folder``, or where the process is. A folder with links that lead out
        of it is refused unless ``follow_links``; nothing that does not lie ``within`` that folder is
        ever read. ``install_python`` has uv install the model's Python if it is not on this machine.
        ``as_of`` is the day or time as of which requirements are resolved, ``git`` the date of
        the folder's last commit, ``now`` takes it back. Nothing is recorded when anything of it cannot be used. Raises
        :class:`InvalidError` and its kin.
        """
        request = RegistrationRequest(
            name=name,
            path=path,
            captured=captured,
            cells=cells,
            assets=assets,
            python=python,
            installs_python=install_python,
            source=source,
            description=description,
            tags=tags,
            entry_points=chosen or EntryPoints(),
            folder=folder,
            follow_links=follow_links,
            within=within,
            as_of=as_of,
        )
        return self.register_request(request)

    def register_request(self, request: RegistrationRequest) -> Registration:
        """Register what a request asks for, as :meth:`register` does."""
        registered = registration.register(request, self._home)
        if request.is_settled:
            from modelop_jupyter.workspace.declined import keep_declined

            keep_declined(registered.model, request, self.preview_request(request), self._home)
        return registered

    def preview(
        self,
        name: str,
        path: str | Path | None = None,
        *,
        captured: Captured | None = None,
        cells: ModelCells | None = None,
        assets: Sequence[AssetFile] = (),
        python: str | None = None,
        install_python: bool = False,
        source: str | None = None,
        chosen: EntryPoints | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
        folder: Path | None = None,
        follow_links: bool = False,
        within: Path | None = None,
        as_of: str | None = None,
        resolves: bool = False,
    ) -> Preview:
        """Show what :meth:`register` would record, and what differs from the model that is there.

        Files of ``folder`` that may be assets are shown, too. Nothing is stored or built. Packages that
        are not known yet are resolved if ``resolves``; an import that only a dependency of a
        requirement provides counts as missing. Raises what ``register`` would.
        """
        request = RegistrationRequest(
            name=name,
            path=path,
            captured=captured,
            cells=cells,
            assets=assets,
            python=python,
            installs_python=install_python,
            source=source,
            description=description,
            tags=tags,
            entry_points=chosen or EntryPoints(),
            folder=folder,
            follow_links=follow_links,
            within=within,
            as_of=as_of,
        )
        return self.preview_request(request, resolves=resolves)

    def preview_request(self, request: RegistrationRequest, *, resolves: bool = False) -> Preview:
        """Show what registering a request would record, as :meth:`preview` does."""
        from modelop_jupyter.workspace.preview import preview

        return preview(request, self._home, resolves=resolves)

    def with_values_as_before(self, request: RegistrationRequest) -> RegistrationRequest:
        """Return a request with the values that the model's source has, and that are the same now."""
        from modelop_jupyter.workspace.values import with_values_as_before

        return with_values_as_before(request, self._home)

    def notebook_change(self, name: str, cells: ModelCells | None = None) -> NotebookChange | None:
        """Return how a model's notebook differs from what is registered; None if it does not.

        ``cells`` are those of a running session; without any, the saved notebook counts.
        """
        from modelop_jupyter.workspace.notebook_change import notebook_change

        return notebook_change(self._home.registry.get_model(name), cells, self._home)

    def hidden_state(self, name: str, cells: ModelCells) -> HiddenState | None:
        """Return what state of a session a model rests on, that its notebook would not give anew."""
        from modelop_jupyter.workspace.notebook_change import hidden_state_of

        return hidden_state_of(self._home.registry.get_model(name), cells, self._home)

    def sample(self, ref: str, tables: Sequence[Table] = ()) -> Sample:
        """Return what a first run takes: test data, or a form in which records are typed.

        ``tables`` are the data frames of a session, the last one first: the form has their columns
        and values where no schema says what a record holds.
        """
        from modelop_jupyter.workspace.samples import sample_of

        return sample_of(self._home.state(ref), tables, self._home)

    def table_for(self, ref: str, tables: Sequence[Table]) -> Table | None:
        """Return the data frame of a session that a model can score; None where none is known to fit."""
        from modelop_jupyter.workspace.samples import table_for

        return table_for(self._home.state(ref), tables, self._home)

    def lineage(self, name: str, *, limit: int = 50) -> Lineage:
        """Return a model's newest jobs with all that leads to them.

        That are the data they read, the snapshots they ran with the commits and cells these came from,
        and what came out. ``limit`` is the number of jobs.
        """
        from modelop_jupyter.workspace.lineage import lineage_of

        return lineage_of(name, self._home, limit=limit)

    def remove(self, name: str) -> Removed:
        """Remove a model and its checks from the registry; snapshots and jobs stay on record."""
        from modelop_jupyter.domain.reports import Removed
        from modelop_jupyter.workspace.declined import forget_declined

        if self._home.job_service.list(model=name, running=True):
            raise ConflictError(f"a job of {name} is running", "Cancel it first, or wait for it")
        registry = self._home.registry
        model, deployment = registry.get_model(name), registry.deployment_of(name)
        if deployment is not None:
            from modelop_jupyter.deployments.service import DeploymentService

            DeploymentService(self._home.settings, registry).forget(deployment)
        registry.remove_model(name)
        forget_declined(model, self._home)
        return Removed("model", name)

    def take_snapshot(self, name: str, *, label: str | None = None) -> Snapshot:
        """Take a snapshot of the model as it is; equal content is the snapshot it had."""
        home = self._home
        snapshot, _ = home.registry.take_snapshot(name, label=label, now=now(), by=home.author)
        return home.environments.remember(snapshot)

    def snapshots(self, name: str) -> list[Snapshot]:
        """List a model's snapshots, newest first."""
        return self._home.registry.list_snapshots(name)

    def numbered(self, ref: str) -> str:
        """Return a reference with the number that its alias stands for now; others as they are."""
        return str(self._home.numbered(ref))

    def resolve_snapshot(self, ref: str) -> tuple[Model, Snapshot]:
        """Return the model and the snapshot that a job runs; taken now if the model has changed."""
        return self._home.resolve_snapshot(ref)

    def diff(self, before: str, after: str) -> ModelDiff:
        """Say in what two snapshots differ, with the metrics of the last job of each.

        A name alone is the model as it is now; its jobs are those of an equal snapshot.
        """
        from modelop_jupyter.comparison.snapshots import diff

        return diff(self._version(before), self._version(after), self._home.blobs)

    def _version(self, ref: str) -> Version:
        """Return what a reference names with its lock and metrics, as one side of a comparison."""
        from modelop_jupyter.comparison.snapshots import Version
        from modelop_jupyter.workspace.results import ResultsApi

        model, snapshot = self._home.find(ref)
        owner = snapshot or model
        lock = self._home.environments.kept_lock(owner)
        ran = snapshot or self._equal_snapshot(model)
        job, numbers = ResultsApi(self._home).last_numbers(ran.ref) if ran else (None, {})
        shown = snapshot.ref if snapshot else model.name
        return Version(shown, replace(model, state=owner.state), lock, job, numbers)

    def _equal_snapshot(self, model: Model) -> Snapshot | None:
        """Return the newest snapshot with the content that a model has now."""
        snapshots = self._home.registry.list_snapshots(model.name)
        digest = model.state.digest
        return next((each for each in snapshots if each.state.digest == digest), None)

    def export(
        self,
        ref: str,
        path: str | Path,
        *,
        format: str = "modelop",
        wheels: bool = False,
        sample: bool = True,
    ) -> Exported:
        """Write a model or snapshot to a folder, or to a file that ends in ``.zip``.

        ``format`` is ``modelop``, which :meth:`import_` and :class:`ExportedModel` read, ``git``, a
        repository as ModelOp Center imports it, or ``mlflow``. With ``wheels``, it has the wheels of
        the lock for this platform; with ``sample``, some records of the last check and what the model
        gave for them. Both are for ``modelop`` only. Raises :class:`ExportTargetError` where
        something else is.
        """
        from modelop_jupyter.exchange.exporting import ExportTarget, export

        home, target = self._home, ExportTarget.parse(path, format)
        if wheels:
            target.require_wheels()
        with tempfile.TemporaryDirectory(prefix="modelop-wheels-") as folder:
            downloaded = self._download_wheels(ref, Path(folder)) if wheels else None
            content = replace(self._content(*home.find(ref)), wheels=downloaded)
            if sample:
                from modelop_jupyter.workspace.verification_samples import verification_sample

                content = replace(content, sample=verification_sample(content.owner, home))
            return export(
                content,
                target,
                home.blobs,
                take_snapshot=lambda: self._content(*home.resolve_snapshot(ref)),
            )

    def _download_wheels(self, ref: str, folder: Path) -> DownloadedWheels:
        from modelop_jupyter.exchange.layout import DownloadedWheels

        owner = self._home.owner(ref)
        interpreter, locked = self._home.environments.download_wheels(owner, folder)
        return DownloadedWheels(interpreter, folder, locked.wheels, locked.none)

    def _content(self, model: Model, snapshot: Snapshot | None) -> Content:
        """Return what an export of a model or snapshot holds; a lock that is known is stored."""
        from modelop_jupyter.exchange.layout import Content
        from modelop_jupyter.models.environment_spec import store_lock

        environments, digest = self._home.environments, model.lock
        if snapshot is not None:
            snapshot = environments.remember(snapshot)
            digest = snapshot.lock
        elif digest is None and (lock := environments.known_lock(model)):
            digest = store_lock(lock, self._home.blobs)
        owner = snapshot or model
        shown = snapshot.ref if snapshot else model.name
        return Content(
            shown,
            model,
            snapshot,
            environments.spec(owner),
            digest,
            environments.kept_lock(owner),
            self._words_for(owner),
        )

    def _words_for(self, owner: Model | Snapshot) -> tuple[str, ...]:
        """Return the aliases of a snapshot, or of the one that a model equals."""
        name = owner.model if isinstance(owner, Snapshot) else owner.name
        for listed in self._home.registry.list_snapshots(name):
            if listed.state.digest == owner.state.digest and listed.lock in (None, owner.lock):
                return listed.aliases
        return ()

    def import_(self, path: str | Path) -> Imported:
        """Register what an export of the format ``modelop`` holds under its name, with its lock.

        It becomes a snapshot, the one there is if there is an equal one, and gets the aliases that it
        had; one that stands for another snapshot here stays. Raises
        :class:`ImportSourceError` for what is damaged; nothing is changed then.
        """
        from modelop_jupyter.domain.exchange import Imported
        from modelop_jupyter.exchange.importing import take_in
        from modelop_jupyter.registry import Draft

        home = self._home
        manifest = take_in(Path(path).expanduser(), home.blobs)
        draft = Draft(
            manifest.state,
            manifest.description,
            manifest.tags,
            lock=manifest.lock.digest if manifest.lock else None,
            metadata=manifest.metadata or None,
        )
        environments = home.environments
        change, snapshot, is_new = home.registry.record_snapshot(
            manifest.name,
            draft,
            label=manifest.snapshot,
            now=now(),
            by=home.author,
            keeps_lock=environments.asks_the_same,
        )
        imported = registration.report(change, home)
        held = self._give_aliases(snapshot, manifest.aliases)
        warnings = (*imported.warnings, *held, *environments.notes(change.model))
        imported = replace(imported, warnings=warnings)
        return Imported(imported, environments.remember(snapshot), is_new)

    def _give_aliases(self, snapshot: Snapshot, words: Sequence[str]) -> list[str]:
        """Give an imported snapshot its aliases; return a warning for each that another one has here."""
        registry, name, by = self._home.registry, snapshot.model, self._home.author
        held = {alias.word: alias.number for alias in registry.aliases_of(name)}
        for word in words:
            if word not in held:
                registry.move_alias(name, word, snapshot.number, now=now(), by=by)
        return [
            f"{name}@{word} stays at @{held[word]}: 'alias {name} {word} @{snapshot.number}' moves it"
            for word in words
            if held.get(word, snapshot.number) != snapshot.number
        ]
