"""The verbs about models, assets and snapshots."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import EntryPoints, Model, ModelState, Snapshot, check_name
from modelop_jupyter.domain.pages import Page
from modelop_jupyter.domain.reports import (
    EnvironmentState,
    ModelRow,
    ModelView,
    Registration,
    Removed,
)
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import (
    AssetNotFoundError,
    ConflictError,
    ModelNotFoundError,
    NoSourceError,
)
from modelop_jupyter.workspace.home import Home, now

if TYPE_CHECKING:
    from modelop_jupyter.capture import Captured
    from modelop_jupyter.registry import Change, Draft
    from modelop_jupyter.workspace.materials import Materials

_RECENT = 5


class ModelVerbs(Home):
    """What can be asked of the registry."""

    def register(
        self,
        name: str,
        path: str | Path | None = None,
        *,
        captured: Captured | None = None,
        assets: Sequence[str | Path | tuple[str | Path, str | None]] = (),
        python: str | None = None,
        source: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
        chosen: EntryPoints | None = None,
        folder: Path | None = None,
        follow_links: bool = False,
        within: Path | None = None,
    ) -> Registration:
        """Register a model from captured cells, a file or a folder, or change one that is there.

        Without any of them, a model that is there keeps its source, and what is given is changed.
        ``assets`` are files, or pairs of a file and its role: ``("libs.txt", "Required libraries")``;
        relative ones begin in ``folder``, or where the process is. A folder with links that lead out
        of it is refused unless ``follow_links``; nothing that does not lie ``within`` that folder is
        ever read. Nothing is recorded when anything of it cannot be used. Raises :class:`InvalidError` and its kin.
        """
        from modelop_jupyter.registry import Draft

        is_chosen = chosen not in (None, EntryPoints())
        is_change = python or assets or is_chosen or description is not None or tags is not None
        if path is None and captured is None and not is_change:
            raise _nothing_to_register()
        brought = self._brought(
            name,
            path,
            captured=captured,
            assets=assets,
            python=python,
            source=source,
            chosen=chosen,
            folder=folder,
            follow_links=follow_links,
            within=within,
        )
        # Once outside of the transaction: large files are read here, and remembered.
        made, _ = brought(self._state(name))

        def make(before: Model | None) -> Draft:
            nonlocal made
            made, state = brought(before.state if before else ModelState())
            return Draft(
                state,
                made.description if description is None else description,
                made.tags if tags is None else _with_tags(before, tags),
                made.notebook,
            )

        change = self._change(name, make)
        return Registration(
            model=change.model,
            created=change.created,
            changes=change.changes,
            source=made.source,
            is_captured=made.is_captured,
            warnings=(*made.warnings, *self._warnings(change.model)),
            notes=(*made.notes, *self._notes(change.model)),
            environment=self._prepare(change.model),
        )

    def models(self) -> list[ModelRow]:
        """List the models with their newest snapshot and last job."""
        return list(self.model_page(limit=None).rows)

    def model_page(self, *, match: str = "", offset: int = 0, limit: int | None = 100) -> Page:
        """List some of the models; ``match`` is a part of their names."""
        found, total = self.registry.page_of_models(match=match, offset=offset, limit=limit)
        service = self.job_service
        states = self.environments.states([each.model for each in found])
        rows = (
            ModelRow(
                name=each.model.name,
                snapshot=each.snapshot,
                assets=len(each.model.state.assets),
                entry_points=each.model.state.entry_points,
                modified=each.model.modified,
                last_job=service.refresh(each.last_job) if each.last_job else None,
                description=each.model.description,
                environment=state,
            )
            for each, state in zip(found, states, strict=True)
        )
        return Page(tuple(rows), offset, total)

    def show(self, ref: str) -> ModelView:
        """Show one model, or one snapshot of it."""
        from modelop_jupyter.jobs.staging import source_text

        model, snapshot = self.find(ref)
        state = snapshot.state if snapshot else model.state
        return ModelView(
            model=model,
            entry_points=state.entry_points,
            assets=state.assets,
            snapshots=tuple(self.registry.list_snapshots(model.name)),
            environment=self.environments.state(snapshot or model),
            jobs=tuple(self.job_service.list(model=model.name, limit=_RECENT)),
            snapshot=snapshot,
            source=source_text(state, self.blobs),
        )

    def stored_model(self, ref: str) -> dict[str, Any]:
        """Return the model as ModelOp's StoredModel, a snapshot as its DeployableModel (spec 8)."""
        from modelop_jupyter.jobs import documents

        model, snapshot = self.find(ref)
        if snapshot:
            return documents.deployable_model(model, snapshot, self.blobs.read)
        return documents.stored_model(model, model.state, self.blobs.read)

    def remove(self, name: str) -> Removed:
        """Remove a model from the registry; snapshots and jobs stay on record."""
        if self.job_service.list(model=name, running=True):
            raise ConflictError(f"a job of {name} is running", "Cancel it first, or wait for it")
        self.registry.remove_model(name)
        return Removed("model", name)

    # Assets

    def asset_add(
        self,
        name: str,
        *files: str | Path,
        role: str | None = None,
        folder: Path | None = None,
        within: Path | None = None,
    ) -> Registration:
        """Add files to a model, or new content of those it has; all lie ``within``, if that is given."""
        from modelop_jupyter.registry import Draft
        from modelop_jupyter.workspace import materials

        self.registry.get_model(name)
        given = materials.assets_of(
            [(file, role) for file in files], self.blobs, folder=folder, within=within
        )
        made = materials.Materials()

        def make(model: Model) -> Draft:
            nonlocal made
            made = materials.of_assets(model.state, given, self.blobs)
            state = materials.state_of(model.state, made, given, None)
            made = self._with_pickled(name, made, state, given)
            return Draft(state, notebook=made.notebook)

        return self._change_present(name, make, lambda: made)

    def asset_names(self, ref: str) -> frozenset[str]:
        """Return the paths and base names by which a model's assets can be named."""
        assets = self.asset_list(ref)
        return frozenset({asset.path for asset in assets} | {asset.name for asset in assets})

    def asset_list(self, ref: str) -> list[Asset]:
        """List the assets of a model or snapshot."""
        model, snapshot = self.find(ref)
        return list((snapshot.state if snapshot else model.state).assets)

    def asset_role(self, name: str, asset: str, role: str) -> Registration:
        """Give an asset a role; several may hold the same one (spec 5.2)."""
        from modelop_jupyter.registry import Draft

        def make(model: Model) -> Draft:
            found = _asset(model, asset)
            changed = dataclasses.replace(found, role=AssetRole.parse(role))
            assets = tuple(changed if each == found else each for each in model.state.assets)
            return Draft(dataclasses.replace(model.state, assets=assets))

        return self._change_present(name, make)

    def asset_remove(self, name: str, asset: str) -> Registration:
        """Take an asset from a model; its snapshots keep it."""
        from modelop_jupyter.registry import Draft

        def make(model: Model) -> Draft:
            found = _asset(model, asset)
            if found.path == model.state.primary_source:
                raise ConflictError(
                    f"{found.path} is the source of {name}",
                    "Register another source, or remove the model",
                )
            assets = tuple(each for each in model.state.assets if each != found)
            return Draft(dataclasses.replace(model.state, assets=assets))

        return self._change_present(name, make)

    # Snapshots

    def snapshot(self, name: str, *, label: str | None = None) -> Snapshot:
        """Take a snapshot of the model as it is; equal content is the snapshot it had."""
        return self.environments.remember(
            self.registry.take_snapshot(name, label=label, now=now())[0]
        )

    def snapshots(self, name: str) -> list[Snapshot]:
        """List a model's snapshots, newest first."""
        return self.registry.list_snapshots(name)

    def _brought(
        self,
        name: str,
        path: str | Path | None,
        *,
        captured: Captured | None,
        assets: Sequence[str | Path | tuple[str | Path, str | None]],
        python: str | None,
        source: str | None,
        chosen: EntryPoints | None,
        folder: Path | None,
        follow_links: bool,
        within: Path | None,
    ) -> Callable[[ModelState], tuple[Materials, ModelState]]:
        """Store the files of a registration; return what makes the new state of the one before."""
        from modelop_jupyter.workspace import materials

        check_name(name)
        if python is not None:
            self.environments.check_python(python)
        points, own = chosen or EntryPoints(), None
        if captured is not None:
            own = materials.of_capture(name, captured, self.blobs)
        elif path is not None:
            own = materials.of_path(
                Path(path).expanduser(),
                source,
                points,
                self.blobs,
                follow_links=follow_links,
                within=within,
            )
        given = materials.assets_of(assets, self.blobs, folder=folder, within=within)

        def on(before: ModelState) -> tuple[Materials, ModelState]:
            if own is None and (source is not None or not before.assets):
                raise _nothing_to_register()
            made = own or materials.of_state(before, points, self.blobs)
            state = materials.state_of(before, made, given, python)
            whole = self._with_pickled(name, made, state, given)
            return whole, materials.state_of(before, whole, given, python)

        return on

    def _with_pickled(
        self,
        name: str,
        made: Materials,
        state: ModelState,
        given: Sequence[tuple[str, AssetRole | None, str, int]],
    ) -> Materials:
        from modelop_jupyter.workspace.pickled import with_definitions

        return with_definitions(name, made, state, [path for path, *_ in given], self.blobs)

    def _notes(self, model: Model) -> tuple[str, ...]:
        from modelop_jupyter.workspace.remarks import notes_of

        return tuple(notes_of(model, self.environments))

    def _warnings(self, model: Model) -> tuple[str, ...]:
        from modelop_jupyter.workspace.remarks import warnings_of

        return tuple(warnings_of(model, self.environments, self.blobs))

    def _state(self, name: str) -> ModelState:
        try:
            return self.registry.get_model(name).state
        except ModelNotFoundError:
            return ModelState()

    def _change(self, name: str, make: Callable[[Model | None], Draft]) -> Change:
        return self.registry.change_model(
            name, make, now=now(), keeps_lock=self.environments.asks_the_same
        )

    def _change_present(
        self,
        name: str,
        make: Callable[[Model], Draft],
        brought: Callable[[], Materials] | None = None,
    ) -> Registration:
        """Change a model that must be there; ``make`` runs in the transaction that writes it.

        What it ``brought`` may have warnings and notes.
        """
        from modelop_jupyter.workspace import materials

        # Here, where all names are known that may have been meant.
        self.registry.get_model(name)

        def of_present(before: Model | None) -> Draft:
            if before is None:
                raise ModelNotFoundError(name)
            return make(before)

        change = self._change(name, of_present)
        told = brought() if brought else materials.Materials()
        return Registration(
            change.model,
            False,
            change.changes,
            warnings=(*told.warnings, *self._warnings(change.model)),
            notes=(*told.notes, *self._notes(change.model)),
            environment=self._prepare(change.model),
        )

    def _prepare(self, model: Model) -> EnvironmentState:
        from modelop_jupyter.workspace.preparing import prepare

        return prepare(model, self.environments, self.settings)


def _with_tags(before: Model | None, tags: Sequence[str]) -> tuple[str, ...]:
    """Return the model's tags with further ones; an empty list takes all away."""
    return tuple(dict.fromkeys((*(before.tags if before else ()), *tags))) if tags else ()


def _nothing_to_register() -> NoSourceError:
    return NoSourceError("there is nothing to register", "Give a .py file, a notebook or a folder")


def _asset(model: Model, name: str) -> Asset:
    found = model.state.asset(name)
    if found is None:
        raise AssetNotFoundError(name, [asset.path for asset in model.state.assets])
    return found
