"""The format ``modelop``: all that makes a snapshot, from which an import makes the same one."""

from __future__ import annotations

import json
from collections.abc import Iterator

from modelop_jupyter.domain.assets import digest_of
from modelop_jupyter.environments.pylock import Pin, pins_of
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
        warnings=tuple(doubtful(content, home)),
    )


def doubtful(content: Content, home: Home) -> Iterator[str]:
    """Say where packages may not be the same elsewhere: without a lock, or only here at hand."""
    lock = home.environments.kept_lock(content.owner)
    if lock is not None:
        here = [pin.name for pin in pins_of(lock.text) if _is_only_here(pin)]
        if here:
            yield f"others cannot fetch {', '.join(here)}: the lock has files of this machine alone"
        return
    spec = home.environments.spec(content.owner)
    if spec.holders or spec.additions:
        yield (
            "no lock goes with it, as its packages were never resolved: '%modelop env build"
            f" {content.ref}' does that"
        )


def _is_only_here(pin: Pin) -> bool:
    places = [str(file.get("url", "")) for file in (*pin.files, *filter(None, [pin.archive]))]
    return bool(places) and all(place.startswith("file:") for place in places)


def _document(content: Content, home: Home) -> bytes:
    read = home.blobs.read
    if content.snapshot is not None:
        said = documents.deployable_model(content.model, content.snapshot, read)
    else:
        said = documents.stored_model(content.model, content.state, read)
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def _file(data: bytes) -> File:
    return File(digest_of(data), len(data))
