"""The methods about what a model requires: ``workspace.requirements``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import ConflictError, InvalidError, ModelNotFoundError
from modelop_jupyter.masking import mask
from modelop_jupyter.workspace.registration import change_model

if TYPE_CHECKING:
    from modelop_jupyter.domain.reports import RequirementsReport
    from modelop_jupyter.domain.requirements.changes import (
        InferredRequirements,
        SpareLine,
        Trim,
        Upgrade,
    )
    from modelop_jupyter.registry import Draft
    from modelop_jupyter.requirements.check import RequirementsCheck
    from modelop_jupyter.workspace.home import Home

_TRIES = 10


class RequirementsApi:
    """The requirements of a model. Called with a reference, it shows them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self, ref: str, *, check: bool = False) -> RequirementsReport:
        """Show what a model requires; ``check`` compares it with what its source imports."""
        from modelop_jupyter.requirements.report import report

        return report(ref, self._check(self._home.owner(ref)), is_checked=check)

    def infer(self, ref: str, *, write: bool = False) -> InferredRequirements:
        """Make a requirements file from the imports, with the versions of this process's packages.

        ``write`` adds it to the model; a file that is there is merged, not lost.
        """
        from modelop_jupyter.requirements.infer import infer

        for _ in range(_TRIES):
            owner = self._home.owner(ref)
            if write:
                owner = _require_model(owner, ref)
            inferred = infer(ref, self._check(owner))
            # The file that is merged may name an index with a password: it is written, not shown.
            shown = dataclasses.replace(inferred, text=mask(inferred.text))
            if not (write and isinstance(owner, Model)):
                return shown
            if self._write(owner, inferred.asset, inferred.text):
                return dataclasses.replace(shown, is_written=True)
        raise ConflictError(f"{ref} was changed again and again meanwhile", "Try again")

    def trim(self, ref: str, *, write: bool = False) -> Trim:
        """Find the requirements that nothing needs while the model's test data is scored.

        ``write`` removes their lines from the model and checks it again. Raises :class:`InvalidError`
        where there is no test data, and for a snapshot that is to be changed.
        """
        from modelop_jupyter.domain.requirements.changes import Trim
        from modelop_jupyter.requirements.report import report
        from modelop_jupyter.requirements.trim import spare_lines
        from modelop_jupyter.workspace.check import check, loaded_packages

        owner = self._home.owner(ref)
        model = _require_model(owner, ref) if write else None
        records, loaded = loaded_packages(ref, self._home)
        comparison = self._check(owner)
        unused = report(ref, comparison, is_checked=True).unused
        environment = self._home.environments.ensure(owner)
        lines, size = spare_lines(
            comparison.requirements, unused, loaded, comparison.additions, environment
        )
        found = Trim(ref, records, tuple(sorted(loaded)), lines, size)
        if model is None or not lines:
            return found
        for asset in sorted({line.asset for line in lines}):
            self._remove_lines(model, asset, [line for line in lines if line.asset == asset])
        return dataclasses.replace(found, report=check(ref, [], self._home))

    def _remove_lines(self, model: Model, path: str, lines: Sequence[SpareLine]) -> None:
        from modelop_jupyter.requirements.trim import without_spare_lines

        asset = model.state.asset(path)
        if asset is None:
            raise InvalidError(f"{path} is no asset of {model.name}", "Remove the lines by hand")
        text = self._home.blobs.read(asset.digest).decode("utf-8-sig")
        if not self._write(model, path, without_spare_lines(text, lines)):
            raise ConflictError(f"{model.name} was changed meanwhile", "Try again")

    def upgrade(self, name: str) -> Upgrade:
        """Resolve what is not pinned again, for newer versions; snapshots keep the lock they have."""
        from modelop_jupyter.domain.requirements.changes import upgrade_of

        model = _require_model(self._home.owner(name), name)
        before, after = self._home.environments.resolve_anew(model)
        self._prepare(self._home.registry.get_model(name))
        return upgrade_of(name, before, after)

    def resolve_as_of(self, name: str, as_of: str) -> Upgrade:
        """Resolve the requirements of a model as its index stood on a day, now and from now on.

        ``as_of`` is a day, a time (RFC 3339), ``git`` for the date of the last commit of the folder
        of the model's notebook, or else of the working directory, or ``now``, which takes the day
        back. Snapshots keep their lock. Raises :class:`EnvironmentBuildError` where no versions of
        that day fit; the model stays as it was then.
        """
        from modelop_jupyter.domain.requirements.changes import upgrade_of
        from modelop_jupyter.registry import Draft
        from modelop_jupyter.workspace.as_of import read_as_of

        environments = self._home.environments
        model = _require_model(self._home.owner(name), name)
        folder = Path(model.notebook).parent if model.notebook else None
        day = read_as_of(as_of, folder)
        before = environments.kept_lock(model)
        # Where this fails, nothing has changed.
        environments.resolve(model, dataclasses.replace(environments.spec(model), as_of=day))

        def make(current: Model | None) -> Draft:
            if current is None:
                raise ModelNotFoundError(name)
            return Draft(dataclasses.replace(current.state, as_of=day))

        changed = change_model(name, make, self._home).model
        after = environments.lock(changed)
        self._prepare(changed)
        return upgrade_of(name, before, after)

    def _check(self, owner: Model | Snapshot) -> RequirementsCheck:
        from modelop_jupyter.requirements.check import RequirementsCheck

        return RequirementsCheck(owner, self._home.environments, self._home.blobs)

    def _write(self, model: Model, path: str, text: str) -> bool:
        """Put the file into the model; False if somebody else has changed it meanwhile."""
        from modelop_jupyter.registry import Draft

        data = text.encode()
        role = AssetRole.REQUIRED_LIBRARIES
        written = Asset(path, role, self._home.blobs.put(data), len(data))
        is_current = True

        def make(current: Model | None) -> Draft:
            nonlocal is_current
            if current is None:
                raise ModelNotFoundError(model.name)
            state = current.state
            is_current = state.asset(path) == model.state.asset(path)
            if not is_current:
                return Draft(state)
            others = [asset for asset in state.assets if asset.path != path]
            assets = tuple(sorted([*others, written], key=lambda asset: asset.path))
            return Draft(dataclasses.replace(state, assets=assets))

        change = change_model(model.name, make, self._home)
        if is_current:
            self._prepare(change.model)
        return is_current

    def _prepare(self, model: Model) -> None:
        from modelop_jupyter.workspace.background_build import start_background_build

        start_background_build(model, self._home.environments, self._home.settings)


def _require_model(owner: Model | Snapshot, ref: str) -> Model:
    if isinstance(owner, Model):
        return owner
    raise InvalidError(
        f"{ref} is a snapshot, which never changes", f"Name the model itself: {owner.model}"
    )
