"""The methods about a model's assets: ``workspace.assets``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import AssetNotFoundError, ConflictError
from modelop_jupyter.workspace.registration import change_existing

if TYPE_CHECKING:
    from modelop_jupyter.domain.assets import Asset
    from modelop_jupyter.domain.models import Model
    from modelop_jupyter.domain.reports import Registration
    from modelop_jupyter.registry import Draft
    from modelop_jupyter.workspace.home import Home


class AssetsApi:
    """The assets of a model. Called with a reference, it lists them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self, ref: str) -> list[Asset]:
        """List the assets of a model or snapshot."""
        return list(self._home.state(ref).assets)

    def names(self, ref: str) -> frozenset[str]:
        """Return the paths and base names by which a model's assets can be named."""
        assets = self(ref)
        return frozenset({asset.path for asset in assets} | {asset.name for asset in assets})

    def add(
        self,
        name: str,
        *files: str | Path,
        role: str | None = None,
        folder: Path | None = None,
        within: Path | None = None,
    ) -> Registration:
        """Add files to a model, or new content of those it has; all lie ``within``, if that is given."""
        from modelop_jupyter.domain.origins import SourceOrigin
        from modelop_jupyter.models.registration_source import (
            RegistrationSource,
            from_assets,
            new_state,
            store_assets,
        )
        from modelop_jupyter.registry import Draft
        from modelop_jupyter.workspace.pickled_definitions import with_definitions

        home, blobs = self._home, self._home.blobs
        home.registry.get_model(name)
        assets = store_assets([(file, role) for file in files], blobs, folder=folder, within=within)
        source = RegistrationSource()

        def make(model: Model) -> Draft:
            nonlocal source
            source = from_assets(model.state, assets, blobs)
            state = new_state(model.state, source, assets, None)
            source = with_definitions(name, source, state, assets, blobs)
            # Another primary source has not come from where the registered one did.
            origin = SourceOrigin() if source.notebook == "" else None
            return Draft(state, notebook=source.notebook, origin=origin)

        return change_existing(name, make, home, lambda: source)

    def set_role(self, name: str, asset: str, role: str) -> Registration:
        """Give an asset a role; several may hold the same one (spec 5.2)."""
        from modelop_jupyter.registry import Draft

        def make(model: Model) -> Draft:
            before = _asset(model, asset)
            after = dataclasses.replace(before, role=AssetRole.parse(role))
            assets = tuple(after if asset == before else asset for asset in model.state.assets)
            return Draft(dataclasses.replace(model.state, assets=assets))

        return change_existing(name, make, self._home)

    def remove(self, name: str, asset: str) -> Registration:
        """Remove an asset from a model; its snapshots keep it."""
        from modelop_jupyter.registry import Draft

        def make(model: Model) -> Draft:
            removed = _asset(model, asset)
            if removed.path == model.state.primary_source:
                raise ConflictError(
                    f"{removed.path} is the source of {name}",
                    "Register another source, or remove the model",
                )
            assets = tuple(asset for asset in model.state.assets if asset != removed)
            return Draft(dataclasses.replace(model.state, assets=assets))

        return change_existing(name, make, self._home)


def _asset(model: Model, name: str) -> Asset:
    asset = model.state.asset(name)
    if asset is None:
        raise AssetNotFoundError(name, [asset.path for asset in model.state.assets])
    return asset
