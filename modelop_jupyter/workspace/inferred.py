"""The requirements file that a registration makes from what the model imports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import Model, ModelState
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.files import write_to_user_path
from modelop_jupyter.safe_open import target_below
from modelop_jupyter.workspace.home import Home, now

if TYPE_CHECKING:
    from modelop_jupyter.domain.requirements.changes import InferredRequirements
    from modelop_jupyter.registry.blobs import BlobStore


def as_model(name: str, state: ModelState, before: Model | None) -> Model:
    """Return a model as registering would leave it."""
    moment = now()
    if before is None:
        return Model("", name, state, moment, moment)
    return replace(before, state=state, modified=moment)


def inferred_requirements(name: str, state: ModelState, home: Home) -> InferredRequirements:
    """Return the requirements file that a state asks for, with the versions of this Python."""
    from modelop_jupyter.requirements.check import RequirementsCheck
    from modelop_jupyter.requirements.infer import infer

    check = RequirementsCheck(as_model(name, state, None), home.environments, home.blobs)
    return infer(name, check)


def is_needed(inferred: InferredRequirements, named: frozenset[str]) -> bool:
    """Return whether a line is added that nothing in ``named`` brings along."""
    from modelop_jupyter.requirements.installed import with_dependencies

    brought = with_dependencies(named)
    added = (line.text for line in inferred.lines if line.state == "added")
    return any(
        normalise(text.partition("=")[0].partition(" @")[0]) not in brought for text in added
    )


def with_requirements(
    state: ModelState, inferred: InferredRequirements, blobs: BlobStore
) -> ModelState:
    """Return a state with the requirements file in it."""
    data = inferred.text.encode()
    file = Asset(inferred.asset, AssetRole.REQUIRED_LIBRARIES, blobs.put(data), len(data))
    others = [asset for asset in state.assets if asset.path != inferred.asset]
    assets = sorted([*others, file], key=lambda asset: asset.path)
    return replace(state, assets=tuple(assets))


def write_beside(text: bytes, file: Path, *, within: Path | None = None) -> str:
    """Write the requirements where the source lies, and return what happened as a sentence."""
    shown = file.resolve()
    try:
        if within is None:
            _write(file, text)
        else:
            with target_below(within, file) as target:
                _write(target, text)
    except OSError as error:
        return f"The model has its requirements, but {shown} cannot be written: {error.strerror}."
    return f"The requirements are written to {shown}."


def _write(file: Path, text: bytes) -> None:
    with write_to_user_path(file) as target:
        target.write(text)
