"""Two models or snapshots compared: what each is made of, asks for, and was locked to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.comparisons import Aspect
from modelop_jupyter.domain.environments import Lock, lock_named
from modelop_jupyter.domain.model_diffs import NOT_LOCKED, AssetChange, ModelDiff, sentence_of
from modelop_jupyter.domain.models import Model, ModelRef, ModelState
from modelop_jupyter.domain.requirement_reports import compare as compare_packages
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.registry.changes import describe
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.told import (
    NONE,
    beside_source,
    files_told,
    functions_told,
    source_of,
    source_told,
    text_change,
)

# A longer file is data: that it has changed is told, and not how.
_TEXT_SIZE = 100_000
# Of these the whole text is shown where only one side has the file.
_TELLING = frozenset({AssetRole.MODEL_SOURCE, AssetRole.REQUIRED_LIBRARIES, AssetRole.MODEL_SCHEMA})
_MOST_TEXTS = 40


@dataclass(frozen=True)
class _Side:
    ref: str
    model: Model
    lock: Lock | None
    blobs: BlobStore

    @property
    def state(self) -> ModelState:
        return self.model.state

    @cached_property
    def files(self) -> dict[str, Asset]:
        """The assets beside the primary source."""
        return {each.path: each for each in beside_source(self.state)}


def diff(before: str, after: str, home: Home) -> ModelDiff:
    """Compare what two references name; no index is asked for a lock that was never resolved."""
    first, last = _side(before, home), _side(after, home)
    aspects = tuple(_aspects(first, last))
    locks = first.lock, last.lock
    return ModelDiff(
        before=first.ref,
        after=last.ref,
        sentence=sentence_of(first.ref, last.ref, aspects),
        aspects=aspects,
        changes=describe(first.model, last.model),
        assets=tuple(_changed(first, last)),
        packages=compare_packages(locks[0].packages, locks[1].packages)
        if locks[0] and locks[1]
        else (),
    )


def _side(ref: str, home: Home) -> _Side:
    model, snapshot = home.find(ref)
    owner = snapshot or model
    lock = home.environments.kept_lock(owner)
    name = str(ModelRef.parse(ref))
    return _Side(name, dataclasses.replace(model, state=owner.state), lock, home.blobs)


def _aspects(first: _Side, last: _Side) -> Iterator[Aspect]:
    pairs = zip(_told(first, last), _told(last, first), strict=True)
    return (Aspect(what, (before, after)) for (what, before), (_, after) in pairs)


def _told(side: _Side, other: _Side) -> Iterator[tuple[str, str]]:
    """Yield what is told of one side, in the order in which one thing leads to the next."""
    state, lock = side.state, side.lock
    by_role = {
        role: [each for each in side.files.values() if each.role is role]
        for role in (AssetRole.REQUIRED_LIBRARIES, AssetRole.MODEL_SCHEMA)
    }
    apart = [each for found in by_role.values() for each in found]
    rest = [each for each in side.files.values() if each not in apart]
    yield "source", source_told(state)
    yield "assets", files_told(rest, with_roles=False)
    yield "functions", functions_told(state) or NONE
    yield "roles", _roles(side, other)
    yield "requirements", files_told(by_role[AssetRole.REQUIRED_LIBRARIES], with_roles=False)
    yield (
        "packages",
        f"{len(lock.packages)}, {lock_named(lock.digest)}" if lock else NOT_LOCKED,
    )
    yield "python", state.python or "the notebook's own"
    yield "schemas", files_told(by_role[AssetRole.MODEL_SCHEMA], with_roles=False)
    yield "description", side.model.description or NONE
    yield "tags", ", ".join(side.model.tags) or NONE


def _roles(side: _Side, other: _Side) -> str:
    """Return the roles of the files that both sides have in different ones."""
    return (
        "; ".join(
            f"{path} {asset.role.label}"
            for path, asset in sorted(side.files.items())
            if path in other.files and other.files[path].role is not asset.role
        )
        or "as they are in both"
    )


def _changed(first: _Side, last: _Side) -> Iterator[AssetChange]:
    """Yield the primary source if it is another, then the other files that are."""
    sources = source_of(first.state), source_of(last.state)
    name = last.state.primary_source or first.state.primary_source
    pairs = [(name, *sources)] if name else []
    paths = sorted(first.files.keys() | last.files.keys())
    pairs += [(path, first.files.get(path), last.files.get(path)) for path in paths]
    texts = 0
    for path, before, after in pairs:
        if before == after:
            continue
        is_source = (before, after) == sources
        is_shown = texts < _MOST_TEXTS
        text = _text(before, after, first, last, is_source=is_source) if is_shown else ""
        texts += bool(text)
        yield AssetChange(path, before, after, text)


def _text(
    before: Asset | None, after: Asset | None, first: _Side, last: _Side, *, is_source: bool
) -> str:
    there = [each for each in (before, after) if each is not None]
    if len(there) < 2 and not any(each.role in _TELLING for each in there):
        return ""
    if not is_source and any(each.size > _TEXT_SIZE for each in there):
        return ""
    texts = [_read(each, first.blobs) for each in (before, after)]
    if None in texts:
        return ""
    names = [
        f"{side.ref} {each.path}" if each else "/dev/null"
        for side, each in ((first, before), (last, after))
    ]
    return text_change(texts[0] or "", texts[1] or "", names[0], names[1])


def _read(asset: Asset | None, blobs: BlobStore) -> str | None:
    """Return a text, empty of a file that is not there, None of one that is no text."""
    if asset is None:
        return ""
    data = blobs.read(asset.digest)
    try:
        return None if b"\0" in data else data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
