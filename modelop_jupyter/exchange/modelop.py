"""The format ``modelop``: everything of a snapshot, from which an import makes the same snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterator

from modelop_jupyter.display import formatting
from modelop_jupyter.domain.assets import digest_of
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.environments.lock.pylock import Pin, pins_of
from modelop_jupyter.exchange.layout import Content, DownloadedWheels, Entry, Layout, stored
from modelop_jupyter.exchange.manifest import (
    ASSETS,
    DOCUMENT,
    LOCK,
    NAME,
    SAMPLE,
    WHEELS,
    File,
    Manifest,
    WheelFile,
    WheelSet,
)
from modelop_jupyter.models import documents
from modelop_jupyter.registry.blobs import BlobStore


def layout(content: Content, blobs: BlobStore) -> Layout:
    """Return ModelOp's JSON, the assets, the lock, and the manifest of all of them.

    Besides, what `run` takes on another machine: the sample of the last check, and wheels.
    """
    document = _document(content, blobs)
    lock = blobs.read(content.lock_digest) if content.lock_digest else None
    sample = _json(to_wire(content.sample)) if content.sample else None
    wheels = _wheel_set(content.wheels) if content.wheels else None
    manifest = Manifest(
        name=content.model.name,
        state=content.state,
        document=_file(document),
        description=content.model.description,
        tags=content.model.tags,
        snapshot=content.snapshot.name if content.snapshot else None,
        metadata=content.model.meta,
        aliases=content.aliases,
        lock=_file(lock) if lock is not None else None,
        sample=_file(sample) if sample is not None else None,
        wheels=wheels,
    )
    return Layout(
        (
            Entry(NAME, manifest.to_json().encode()),
            Entry(DOCUMENT, document),
            *([Entry(LOCK, lock)] if lock is not None else []),
            *([Entry(SAMPLE, sample)] if sample is not None else []),
            *stored(content.state.assets, below=ASSETS),
            *_wheel_entries(content.wheels),
        ),
        lock=content.lock_digest,
        notes=tuple(_notes(content, wheels)),
        warnings=(*doubtful(content), *_lacking(content.wheels)),
    )


def _wheel_set(downloaded: DownloadedWheels) -> WheelSet:
    wheel_files = []
    for wheel in downloaded.wheels:
        size = (downloaded.folder / wheel.file).stat().st_size
        wheel_files.append(WheelFile(wheel.file, wheel.digest, size))
    interpreter = downloaded.interpreter
    return WheelSet(interpreter.minor, interpreter.platform, tuple(wheel_files))


def _wheel_entries(downloaded: DownloadedWheels | None) -> Iterator[Entry]:
    if downloaded is not None:
        for wheel in downloaded.wheels:
            yield Entry(WHEELS + wheel.file, downloaded.folder / wheel.file)


def _notes(content: Content, wheels: WheelSet | None) -> Iterator[str]:
    """Yield what is in it for `run`: records are somebody's data, and wheels fit one platform."""
    if wheels is not None and wheels.files:
        count = formatting.plural(len(wheels.files), "wheel")
        size = formatting.size(wheels.size)
        yield f"it has the wheels of the lock for {wheels.target} only ({count}, {size})"
    if content.sample is not None:
        count = formatting.plural(len(content.sample.records), "record")
        yield (
            f"it has {count} of {content.sample.name} with their scores, for 'run --verify';"
            " --no-sample leaves them out"
        )


def _lacking(downloaded: DownloadedWheels | None) -> Iterator[str]:
    if downloaded is not None and downloaded.none:
        yield (
            f"there is no wheel of {listed(downloaded.none)} for this Python: without an index,"
            " the model cannot run elsewhere"
        )


def doubtful(content: Content) -> Iterator[str]:
    """Yield a warning if packages may differ on another machine: no lock, or files of this machine only."""
    if content.lock is not None:
        here = [pin.name for pin in pins_of(content.lock.text) if _is_only_here(pin)]
        if here:
            who = "others cannot" if content.wheels is None else "an import elsewhere could not"
            yield f"{who} fetch {', '.join(here)}: the lock has files of this machine alone"
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
    return _json(document)


def _json(document: object) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _file(data: bytes) -> File:
    return File(digest_of(data), len(data))
