"""The format ``modelop``: all that makes a snapshot, from which an import makes the same one."""

from __future__ import annotations

import json
from collections.abc import Iterator

from modelop_jupyter.domain.assets import digest_of
from modelop_jupyter.jobs import documents
from modelop_jupyter.workspace.exchange.layout import Content, Entry, Layout, stored
from modelop_jupyter.workspace.exchange.manifest import ASSETS, DOCUMENT, LOCK, NAME, File, Manifest
from modelop_jupyter.workspace.home import Home


def layout(content: Content, home: Home) -> Layout:
    """Return ModelOp's JSON, every asset at its path, the lock, and the list of all that."""
    document = _document(content, home)
    lock = home.blobs.read(content.lock) if content.lock else None
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
        lock=content.lock,
        warnings=tuple(unlocked(content, home)),
    )


def unlocked(content: Content, home: Home) -> Iterator[str]:
    """Say so where a model asks for packages, and no lock says which."""
    spec = home.environments.spec(content.owner)
    if content.lock is None and (spec.holders or spec.additions):
        yield (
            "no lock goes with it, as its packages were never resolved: '%modelop env build"
            f" {content.ref}' does that"
        )


def _document(content: Content, home: Home) -> bytes:
    read = home.blobs.read
    if content.snapshot is not None:
        said = documents.deployable_model(content.model, content.snapshot, read)
    else:
        said = documents.stored_model(content.model, content.state, read)
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def _file(data: bytes) -> File:
    return File(digest_of(data), len(data))
