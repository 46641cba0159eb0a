"""What a model's environment must hold, read from its state."""

from __future__ import annotations

import re
from collections.abc import Callable

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.smart_tags import SmartTags
from modelop_jupyter.domain.sources import PYTHON_ENDINGS

_INCLUDES = re.compile(rb"^\s*(-r|-c|--requirement|--constraint)\b", re.MULTILINE)
# What the image of ModelOp's runtime has; pandas brings numpy along.
_IMAGE = ("pandas", "numpy")
_TEXT_SIZE = 1 << 20


def spec_for(state: ModelState, tags: SmartTags, read: Callable[[str], bytes]) -> EnvironmentSpec:
    """Return what to install: all holders of REQUIRED_LIBRARIES together (spec 13.16).

    A model with a metrics or train function, or recordsets, gets pandas besides (13.13), and one
    whose sources import numpy or pandas gets that: ModelOp's runtime image has both (1.7, 6).
    """
    holders = state.with_role(AssetRole.REQUIRED_LIBRARIES)
    files = {asset.path: read(asset.digest) for asset in holders}
    if any(_INCLUDES.search(data) for data in files.values()):
        for asset in state.assets:
            if asset.path not in files and asset.size <= _TEXT_SIZE:
                files[asset.path] = read(asset.digest)
    points = state.entry_points
    needs_pandas = points.metrics or points.train or any(slot.recordsets for slot in tags.slots)
    return EnvironmentSpec(
        python=state.python,
        files=files,
        holders=tuple(asset.path for asset in holders),
        additions=("pandas",) if needs_pandas else _of_the_image(state, read),
    )


def _of_the_image(state: ModelState, read: Callable[[str], bytes]) -> tuple[str, ...]:
    """Return which package of the runtime image the sources cannot do without."""
    found: set[str] = set()
    for asset in state.assets:
        if asset.path.lower().endswith(PYTHON_ENDINGS) and asset.size <= _TEXT_SIZE:
            text = read(asset.digest).decode("utf-8-sig", "replace")
            if any(name in text for name in _IMAGE):
                found |= _needed(text)
    return tuple(name for name in _IMAGE if name in found)[:1]


def _needed(source: str) -> set[str]:
    from modelop_jupyter.capture import imports_of

    return {each.module for each in imports_of(source) if not each.is_optional}
