"""The environment of a model: what must be installed, and its lock."""

from __future__ import annotations

import re
from collections.abc import Callable

from modelop_jupyter.domain.environments import Archive, EnvironmentSpec, Lock
from modelop_jupyter.domain.models import Model, ModelState, Snapshot
from modelop_jupyter.domain.requirements.line import is_archive
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS
from modelop_jupyter.domain.source_code.smart_tags import SmartTags, scan
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.models.source import source_text
from modelop_jupyter.registry.blobs import BlobStore

_INCLUDES = re.compile(rb"^\s*(-r|-c|--requirement|--constraint)\b", re.MULTILINE)
# What the image of ModelOp's runtime has; pandas brings numpy along.
_IMAGE = ("pandas", "numpy")
_RECORDSETS = "recordsets"
_TEXT_SIZE = 1 << 20

Owner = Model | Snapshot


def name_of(owner: Owner) -> str:
    """Return the name of a model, or of a snapshot's model."""
    return owner.model if isinstance(owner, Snapshot) else owner.name


def spec_of(owner: Owner, blobs: BlobStore) -> EnvironmentSpec:
    """Return what must be installed for a model or snapshot."""
    return spec_of_state(owner.state, blobs)


def spec_of_state(state: ModelState, blobs: BlobStore) -> EnvironmentSpec:
    """Return what must be installed for the state of a model."""
    source = source_text(state, blobs) or ""
    # Reading all tags takes milliseconds for each model of a list, and one key matters here.
    return spec_for(state, scan(source if _RECORDSETS in source.lower() else ""), blobs)


def lock_of(
    owner: Owner, spec: EnvironmentSpec, manager: EnvironmentManager, blobs: BlobStore
) -> Lock | None:
    """Return the lock of a model or snapshot without asking an index, None where there is none.

    It is the one that was recorded with it, else the cached one of an equal resolve request.
    """
    if owner.lock is not None:
        return manager.restore_lock(owner.lock, blobs.read, spec=spec)
    return manager.known_lock(spec)


def ensure_lock(
    owner: Owner, manager: EnvironmentManager, blobs: BlobStore, *, keep: Callable[[str], str]
) -> Lock:
    """Return the lock of a model or snapshot; where it has none, resolve and record one.

    ``keep`` records the digest of a new lock and returns the digest that is recorded then: another
    process may have been quicker. Raises :class:`EnvironmentBuildError`.
    """
    spec = spec_of(owner, blobs)
    if owner.lock is not None:
        return manager.restore_lock(owner.lock, blobs.read, spec=spec)
    lock = manager.lock(spec)
    digest = store_lock(lock, blobs)
    kept = keep(digest)
    return lock if kept == digest else manager.restore_lock(kept, blobs.read, spec=spec)


def store_lock(lock: Lock, blobs: BlobStore) -> str:
    """Store a lock as a blob; returns its digest."""
    from modelop_jupyter.environments.lock.pylock import document_of

    return blobs.put(document_of(lock).encode())


def spec_for(state: ModelState, tags: SmartTags, blobs: BlobStore) -> EnvironmentSpec:
    """Return what to install: all holders of REQUIRED_LIBRARIES together (spec 13.16).

    A model with a metrics or train function, or recordsets, gets pandas besides (spec 13.13),
    and one whose sources import numpy or pandas gets that: ModelOp's runtime image has both
    (spec 1.7).
    """
    holders = state.with_role(AssetRole.REQUIRED_LIBRARIES)
    read = blobs.read
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
        as_of=state.as_of,
        archives={
            asset.path: Archive(asset.digest, str(blobs.fetch(asset.digest)))
            for asset in state.assets
            if is_archive(asset.path)
        },
    )


def _of_the_image(state: ModelState, read: Callable[[str], bytes]) -> tuple[str, ...]:
    """Return the package of the runtime image that the sources import; at most one."""
    needed: set[str] = set()
    for asset in state.assets:
        if asset.path.lower().endswith(PYTHON_ENDINGS) and asset.size <= _TEXT_SIZE:
            text = read(asset.digest).decode("utf-8-sig", "replace")
            if any(name in text for name in _IMAGE):
                needed |= _required_modules(text)
    return tuple(name for name in _IMAGE if name in needed)[:1]


def _required_modules(source: str) -> set[str]:
    from modelop_jupyter.capture import imports_of

    return {imported.module for imported in imports_of(source) if not imported.is_optional}
