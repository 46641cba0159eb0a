"""Compare two models or snapshots: source, assets, functions, requirements, packages, metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from modelop_jupyter.comparison.facts import (
    NONE,
    describe_files,
    describe_functions,
    describe_source,
    other_assets,
    source_asset,
    unified_text_diff,
)
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.environments import Lock, lock_named
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.models import Model, ModelState
from modelop_jupyter.domain.requirements.changes import compare as compare_packages
from modelop_jupyter.domain.results.comparisons import (
    NOT_LOCKED,
    Aspect,
    AssetChange,
    ModelDiff,
    difference_sentence,
    metric_rows,
)
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.masking import mask
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.registry.changes import describe

# A longer file is data: no text diff is made of it.
_MOST_DIFF_BYTES = 100_000
# Files with these roles are shown in full where only one side has them.
_SHOWN_IN_FULL = frozenset(
    {AssetRole.MODEL_SOURCE, AssetRole.REQUIRED_LIBRARIES, AssetRole.MODEL_SCHEMA}
)
_MOST_TEXTS = 40


@dataclass(frozen=True)
class Version:
    """A model as it is now, or with the state of a snapshot: one side of a comparison.

    ``lock`` is None where the requirements were never resolved, ``job`` is the last metrics job that
    succeeded with it, and ``numbers`` are those of its result.
    """

    ref: str
    model: Model
    lock: Lock | None
    job: JobRecord | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def state(self) -> ModelState:
        return self.model.state

    @cached_property
    def files(self) -> dict[str, Asset]:
        """The assets beside the primary source."""
        return {asset.path: asset for asset in other_assets(self.state)}


def diff(before: Version, after: Version, blobs: BlobStore) -> ModelDiff:
    """Compare two versions of a model, or of two models."""
    aspects = tuple(_aspects(before, after))
    locks = before.lock, after.lock
    return ModelDiff(
        before=before.ref,
        after=after.ref,
        sentence=difference_sentence(before.ref, after.ref, aspects),
        aspects=aspects,
        changes=describe(before.model, after.model),
        assets=tuple(_changed(before, after, blobs)),
        packages=compare_packages(locks[0].packages, locks[1].packages)
        if locks[0] and locks[1]
        else (),
        metrics=metric_rows([before.numbers, after.numbers]),
        jobs=(before.job, after.job) if before.job or after.job else (),
    )


def _aspects(first: Version, last: Version) -> Iterator[Aspect]:
    pairs = zip(_facts(first, last), _facts(last, first), strict=True)
    return (Aspect(what, (before, after)) for (what, before), (_, after) in pairs)


def _facts(side: Version, other: Version) -> Iterator[tuple[str, str]]:
    """Yield name and text of each aspect of one side; causes come before their effects."""
    state, lock = side.state, side.lock
    by_role = {
        role: [asset for asset in side.files.values() if asset.role is role]
        for role in (AssetRole.REQUIRED_LIBRARIES, AssetRole.MODEL_SCHEMA)
    }
    listed_apart = [asset for assets in by_role.values() for asset in assets]
    rest = [asset for asset in side.files.values() if asset not in listed_apart]
    yield "source", describe_source(state)
    yield "assets", describe_files(rest, with_roles=False)
    yield "functions", describe_functions(state) or NONE
    yield "roles", _roles(side, other)
    yield "requirements", describe_files(by_role[AssetRole.REQUIRED_LIBRARIES], with_roles=False)
    yield (
        "packages",
        f"{len(lock.packages)}, {lock_named(lock.digest)}" if lock else NOT_LOCKED,
    )
    if state.as_of or other.state.as_of:
        yield "packages as of", state.as_of or "when they were resolved"
    yield "python", state.python or "the notebook's own"
    yield "schemas", describe_files(by_role[AssetRole.MODEL_SCHEMA], with_roles=False)
    yield "description", side.model.description or NONE
    yield "tags", ", ".join(side.model.tags) or NONE


def _roles(side: Version, other: Version) -> str:
    """Return the roles of the files that both sides have, where the roles differ."""
    return (
        "; ".join(
            f"{path} {asset.role.label}"
            for path, asset in sorted(side.files.items())
            if path in other.files and other.files[path].role is not asset.role
        )
        or "as they are in both"
    )


def _changed(first: Version, last: Version, blobs: BlobStore) -> Iterator[AssetChange]:
    """Yield the primary source if it differs, then each other file that does."""
    sources = source_asset(first.state), source_asset(last.state)
    name = last.state.primary_source or first.state.primary_source
    pairs = [(name, *sources)] if name else []
    paths = sorted(first.files.keys() | last.files.keys())
    pairs += [(path, first.files.get(path), last.files.get(path)) for path in paths]
    texts = 0
    for path, before, after in pairs:
        if before == after:
            continue
        is_source = (before, after) == sources
        shown = _texts(before, after, blobs, is_source=is_source) if texts < _MOST_TEXTS else None
        if shown is None:
            yield AssetChange(path, before, after)
            continue
        texts += 1
        names = [
            f"{side.ref} {asset.path}" if asset else "/dev/null"
            for side, asset in ((first, before), (last, after))
        ]
        text = unified_text_diff(*shown, names[0], names[1])
        is_whole = max(map(len, shown)) <= _MOST_DIFF_BYTES
        whole = map(mask, shown) if is_whole else (None, None)
        yield AssetChange(path, before, after, text, *whole)


def _texts(
    before: Asset | None, after: Asset | None, blobs: BlobStore, *, is_source: bool
) -> tuple[str, str] | None:
    """Return both texts of one file; None where it is not text or too long to be read."""
    present = [asset for asset in (before, after) if asset is not None]
    if len(present) < 2 and not any(asset.role in _SHOWN_IN_FULL for asset in present):
        return None
    if not is_source and any(asset.size > _MOST_DIFF_BYTES for asset in present):
        return None
    old, new = _read(before, blobs), _read(after, blobs)
    return None if old is None or new is None else (old, new)


def _read(asset: Asset | None, blobs: BlobStore) -> str | None:
    """Return the text of an asset; empty for None, None for bytes that are not text."""
    if asset is None:
        return ""
    data = blobs.read(asset.digest)
    try:
        return None if b"\0" in data else data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
