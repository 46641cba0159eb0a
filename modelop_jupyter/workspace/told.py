"""What a model's state is, told in words that two of them can be compared by."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import unified_diff
from hashlib import sha256

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, ModelState
from modelop_jupyter.masking import masked

SHORT = len("sha256:") + 12
NONE = "none"
_MOST_LINES = 400


def source_told(state: ModelState) -> str:
    """Return the primary source and which bytes it is."""
    asset = source_of(state)
    return NONE if asset is None else f"{asset.path} {asset.digest[:SHORT]}"


def source_of(state: ModelState) -> Asset | None:
    """Return the primary source."""
    return state.asset(state.primary_source) if state.primary_source else None


def beside_source(state: ModelState) -> list[Asset]:
    """Return all assets but the primary source."""
    return [asset for asset in state.assets if asset.path != state.primary_source]


def functions_told(state: ModelState) -> str:
    """Return the functions that are called."""
    return ", ".join(
        f"{kind}={name}" for kind in ENTRY_POINT_KINDS if (name := state.entry_points.get(kind))
    )


def files_told(assets: Iterable[Asset], *, with_roles: bool) -> str:
    """Return how many files there are, and one digest of all they are."""
    found = sorted(
        f"{asset.path} {asset.role.value + ' ' if with_roles else ''}{asset.digest}"
        for asset in assets
    )
    whole = sha256("\n".join(found).encode()).hexdigest()
    return f"{len(found)}, sha256:{whole[:12]}" if found else NONE


def text_change(old: str, new: str, before: str, after: str) -> str:
    """Return the unified diff of two texts under what each is called; empty where they are equal."""
    if old == new:
        return ""
    lines = list(unified_diff(old.splitlines(), new.splitlines(), before, after, lineterm=""))
    more = [f"… and {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return masked("\n".join([*lines[:_MOST_LINES], *more]))
