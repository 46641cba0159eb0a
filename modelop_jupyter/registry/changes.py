"""What registering a model again changed, in words for the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.metadata import leaves, value_text
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, Model, ModelState
from modelop_jupyter.domain.roles import AssetRole

if TYPE_CHECKING:
    from modelop_jupyter.domain.assets import Asset
    from modelop_jupyter.domain.origins import SourceOrigin


@dataclass(frozen=True, slots=True)
class Draft:
    """The new state of a model; None leaves any other field as it is.

    An ``origin`` without a repository and functions takes away the one there was.
    """

    state: ModelState
    description: str | None = None
    tags: tuple[str, ...] | None = None
    notebook: str | None = None
    lock: str | None = None
    metadata: Mapping[str, Any] | None = None
    origin: SourceOrigin | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The result of registering a model.

    ``changes`` is empty for a new model, and when nothing but its origin changed.
    """

    model: Model
    created: bool
    changes: tuple[str, ...] = ()


def describe(before: Model, after: Model) -> tuple[str, ...]:
    """Return one line for each difference between two states of a model."""
    changes = [*_assets(before.state, after.state), *_calls(before.state, after.state)]
    if before.description != after.description:
        changes.append("description changed")
    if before.tags != after.tags:
        changes.append(f"tags: {_words(before.tags)} -> {_words(after.tags)}")
    if before.meta != after.meta:
        changes.append(f"metadata: {', '.join(_differing(before.meta, after.meta))}")
    if before.notebook != after.notebook:
        changes.append(f"notebook: {before.notebook or 'none'} -> {after.notebook or 'none'}")
    if before.lock != after.lock:
        changes.append("another lock")
    return tuple(changes)


def _assets(before: ModelState, after: ModelState) -> list[str]:
    old = {asset.path: asset for asset in before.assets}
    new = {asset.path: asset for asset in after.assets}
    changes = []
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if was is None and now is not None:
            changes.append(f"{_noun(now)} {path} added")
        elif was is not None and now is None:
            changes.append(f"{_noun(was)} {path} removed")
        elif was is not None and now is not None:
            changes.extend(_asset(was, now))
    return changes


def _asset(was: Asset, now: Asset) -> list[str]:
    changes = []
    if was.role is not now.role:
        changes.append(f"role of {now.path}: {_role(was.role)} -> {_role(now.role)}")
    if (was.digest, was.size) != (now.digest, now.size):
        is_source = now.role is AssetRole.MODEL_SOURCE
        changes.append(
            f"source {now.path} changed" if is_source else f"asset {now.path}: new content"
        )
    return changes


def _calls(before: ModelState, after: ModelState) -> list[str]:
    pairs = [("primary source", before.primary_source, after.primary_source)]
    pairs += [
        (f"{kind} function", before.entry_points.get(kind), after.entry_points.get(kind))
        for kind in ENTRY_POINT_KINDS
    ]
    changes = [
        f"{what}: {was or 'none'} -> {now or 'none'}" for what, was, now in pairs if was != now
    ]
    if before.python != after.python:
        own = "the notebook's own"
        changes.append(f"python: {before.python or own} -> {after.python or own}")
    if before.as_of != after.as_of:
        changes.append(f"packages as of: {before.as_of or 'now'} -> {after.as_of or 'now'}")
    return changes


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the keys whose values two differ in."""
    was, now = ({(key, value_text(value)) for key, value in leaves(of)} for of in (before, after))
    return sorted({key for key, _ in was ^ now})


def _noun(asset: Asset) -> str:
    return "source" if asset.role is AssetRole.MODEL_SOURCE else "asset"


def _role(role: AssetRole) -> str:
    return "UNKNOWN" if role is AssetRole.UNKNOWN else role.label


def _words(tags: tuple[str, ...]) -> str:
    return ", ".join(tags) or "none"
