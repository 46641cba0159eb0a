"""The verbs about what a model requires."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import Model
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.masking import masked
from modelop_jupyter.workspace.home import Home, now

if TYPE_CHECKING:
    from modelop_jupyter.domain.reports import RequirementsReport
    from modelop_jupyter.domain.requirement_reports import InferredRequirements, Upgrade


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

        owner, environments = self.owner(ref), self.environments
        if write and not isinstance(owner, Model):
            raise _immutable(ref, owner.model)
        parsed, python = environments.spec(owner).requirements, environments.python_of(owner)
        wrong = dict(mistaken(parsed, providers_of(owner, environments), python))
        found = infer(ref, owner.state, parsed, wrong, self.blobs, python=python)
        if write and isinstance(owner, Model):
            self._write(owner, found)
            found = dataclasses.replace(found, is_written=True)
        # The file that is merged may name an index with a password: it is written, not shown.
        return dataclasses.replace(found, text=masked(found.text))

    def upgrade_requirements(self, name: str) -> Upgrade:
        """Resolve anew what is not pinned, for newer versions; snapshots keep the lock they have."""
        from modelop_jupyter.domain.requirement_reports import upgrade_of

        owner = self.owner(name)
        if not isinstance(owner, Model):
            raise _immutable(name, owner.model)
        before, after = self.environments.resolve_anew(owner)
        self._prepare_anew(self.registry.get_model(name))
        return upgrade_of(name, before, after)

    def _write(self, model: Model, found: InferredRequirements) -> None:
        data = found.text.encode()
        role = AssetRole.REQUIRED_LIBRARIES
        asset = Asset(found.asset, role, self.blobs.put(data), len(data))
        others = [each for each in model.state.assets if each.path != found.asset]
        assets = tuple(sorted([*others, asset], key=lambda each: each.path))
        state = dataclasses.replace(model.state, assets=assets)
        keeps_lock = self.environments.asks_the_same
        change = self.registry.save_model(model.name, state, now=now(), keeps_lock=keeps_lock)
        self._prepare_anew(change.model)

    def _prepare_anew(self, model: Model) -> None:
        from modelop_jupyter.workspace.preparing import prepare

        prepare(model, self.environments, self.settings)


def _immutable(ref: str, model: str) -> InvalidError:
    return InvalidError(
        f"{ref} is a snapshot, which never changes", f"Name the model itself: {model}"
    )
