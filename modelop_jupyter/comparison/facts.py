"""Short texts that identify the parts of a model's state: two states are compared by them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import unified_diff
from hashlib import sha256

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, ModelState
from modelop_jupyter.masking import mask

SHORT = len("sha256:") + 12
NONE = "none"
_MOST_LINES = 400


def describe_source(state: ModelState) -> str:
    """Return the path and the short digest of the primary source; ``none`` without one."""
    asset = source_asset(state)
    return NONE if asset is None else f"{asset.path} {asset.digest[:SHORT]}"


def source_asset(state: ModelState) -> Asset | None:
    """Return the asset that is the primary source, None where there is none."""
    return state.asset(state.primary_source) if state.primary_source else None


def other_assets(state: ModelState) -> list[Asset]:
    """Return all assets except the primary source."""
    return [asset for asset in state.assets if asset.path != state.primary_source]


def describe_functions(state: ModelState) -> str:
    """Return the entry points as ``score=predict, metrics=evaluate``."""
    return ", ".join(
        f"{kind}={name}" for kind in ENTRY_POINT_KINDS if (name := state.entry_points.get(kind))
    )


def describe_files(assets: Iterable[Asset], *, with_roles: bool) -> str:
    """Return the number of files and one short digest of their paths, contents and, if asked, roles."""
    lines = sorted(
        f"{asset.path} {asset.role.value + ' ' if with_roles else ''}{asset.digest}"
        for asset in assets
    )
    whole = sha256("\n".join(lines).encode()).hexdigest()
    return f"{len(lines)}, sha256:{whole[:12]}" if lines else NONE


def unified_text_diff(old: str, new: str, before: str, after: str) -> str:
    """Return the unified diff of two texts, at most 400 lines, credentials masked; empty if equal."""
    if old == new:
        return ""
    lines = list(unified_diff(old.splitlines(), new.splitlines(), before, after, lineterm=""))
    more = [f"… and {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return mask("\n".join([*lines[:_MOST_LINES], *more]))
