"""The format ``modelop``: everything of a snapshot, from which an import makes the same snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterator

from modelop_jupyter.domain.assets import digest_of
from modelop_jupyter.environments.lock.pylock import Pin, pins_of
from modelop_jupyter.exchange.layout import Content, Entry, Layout, stored
from modelop_jupyter.exchange.manifest import ASSETS, DOCUMENT, LOCK, NAME, File, Manifest
from modelop_jupyter.models import documents
from modelop_jupyter.registry.blobs import BlobStore


def layout(content: Content, blobs: BlobStore) -> Layout:
    """Return ModelOp's JSON, the assets, the lock, and the manifest of all of them."""
    document = _document(content, blobs)
    lock = blobs.read(content.lock_digest) if content.lock_digest else None
    manifest = Manifest(
        name=content.model.name,
        state=content.state,
        document=_file(document),
        description=content.model.description,
        tags=content.model.tags,
        snapshot=content.snapshot.name if content.snapshot else None,
        lock=_file(lock) if lock is not None else None,
    )
    return Layout(
        (
            Entry(NAME, manifest.to_json().encode()),
            Entry(DOCUMENT, document),
            *([Entry(LOCK, lock)] if lock is not None else []),
            *stored(content.state.assets, below=ASSETS),
        ),
        lock=content.lock_digest,
        warnings=tuple(doubtful(content)),
    )


def doubtful(content: Content) -> Iterator[str]:
    """Yield a warning if packages may differ on another machine: no lock, or files of this machine only."""
    if content.lock is not None:
        here = [pin.name for pin in pins_of(content.lock.text) if _is_only_here(pin)]
        if here:
            yield f"others cannot fetch {', '.join(here)}: the lock has files of this machine alone"
        return
    if content.spec.holders or content.spec.additions:
        yield (
            "it has no lock, as its packages were never resolved: '%modelop env build"
            f" {content.ref}' does that"
        )


def _is_only_here(pin: Pin) -> bool:
    places = [file.url or "" for file in pin.files]
    return bool(places) and all(place.startswith("file:") for place in places)


def _document(content: Content, blobs: BlobStore) -> bytes:
    read = blobs.read
    if content.snapshot is not None:
        document = documents.deployable_model(content.model, content.snapshot, read)
    else:
        document = documents.stored_model(content.model, content.state, read)
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _file(data: bytes) -> File:
    return File(digest_of(data), len(data))
