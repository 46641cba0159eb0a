"""The verbs about what a model requires."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import Model
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import ConflictError, InvalidError, ModelNotFoundError
from modelop_jupyter.masking import masked
from modelop_jupyter.workspace.home import Home, now

if TYPE_CHECKING:
    from modelop_jupyter.domain.reports import RequirementsReport
    from modelop_jupyter.domain.requirement_reports import InferredRequirements, Upgrade

_TRIES = 10


class RequirementVerbs(Home):
    """Looking at requirements, checking them, making them, and taking newer versions."""

    def requirements(self, ref: str, *, check: bool = False) -> RequirementsReport:
        """Show what a model requires; ``check`` compares it with what its source imports."""
        from modelop_jupyter.workspace.requirements import report

        return report(ref, self.owner(ref), self.environments, self.blobs, check=check)

    def infer_requirements(self, ref: str, *, write: bool = False) -> InferredRequirements:
        """Make a requirements file from the imports, with the versions of this process's packages.

        ``write`` adds it to the model; a file that is there is merged, not lost.
        """
        from modelop_jupyter.workspace.checking import mistaken, providers_of
        from modelop_jupyter.workspace.inferring import infer

        environments = self.environments
        for _ in range(_TRIES):
            owner = self.owner(ref)
            if write and not isinstance(owner, Model):
                raise _immutable(ref, owner.model)
            parsed = environments.spec(owner).requirements
            python = environments.python_of(owner)
            wrong = dict(mistaken(parsed, providers_of(owner, environments), python))
            found = infer(ref, owner.state, parsed, wrong, self.blobs, python=python)
            # The file that is merged may name an index with a password: it is written, not shown.
            shown = dataclasses.replace(found, text=masked(found.text))
            if not (write and isinstance(owner, Model)):
                return shown
            if self._write(owner, found):
                return dataclasses.replace(shown, is_written=True)
        raise ConflictError(f"{ref} is being changed all the time", "Try again")

    def upgrade_requirements(self, name: str) -> Upgrade:
        """Resolve anew what is not pinned, for newer versions; snapshots keep the lock they have."""
        from modelop_jupyter.domain.requirement_reports import upgrade_of

        owner = self.owner(name)
        if not isinstance(owner, Model):
            raise _immutable(name, owner.model)
        before, after = self.environments.resolve_anew(owner)
        self._prepare_anew(self.registry.get_model(name))
        return upgrade_of(name, before, after)

    def _write(self, model: Model, found: InferredRequirements) -> bool:
        """Put the file into the model; False where the one it was made of is another by now."""
        from modelop_jupyter.registry import Draft

        data = found.text.encode()
        role = AssetRole.REQUIRED_LIBRARIES
        asset = Asset(found.asset, role, self.blobs.put(data), len(data))
        is_current = True

        def make(now_there: Model | None) -> Draft:
            nonlocal is_current
            if now_there is None:
                raise ModelNotFoundError(model.name)
            state = now_there.state
            is_current = state.asset(found.asset) == model.state.asset(found.asset)
            if not is_current:
                return Draft(state)
            others = [each for each in state.assets if each.path != found.asset]
            assets = tuple(sorted([*others, asset], key=lambda each: each.path))
            return Draft(dataclasses.replace(state, assets=assets))

        keeps_lock = self.environments.asks_the_same
        change = self.registry.change_model(model.name, make, now=now(), keeps_lock=keeps_lock)
        if is_current:
            self._prepare_anew(change.model)
        return is_current

    def _prepare_anew(self, model: Model) -> None:
        from modelop_jupyter.workspace.preparing import prepare

        prepare(model, self.environments, self.settings)


def _immutable(ref: str, model: str) -> InvalidError:
    return InvalidError(
        f"{ref} is a snapshot, which never changes", f"Name the model itself: {model}"
    )
