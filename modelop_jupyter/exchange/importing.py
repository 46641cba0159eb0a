"""``import``: read and check an export of the format ``modelop``."""

from __future__ import annotations

import shutil
from pathlib import Path

from modelop_jupyter.domain.exchange import ImportSourceError
from modelop_jupyter.domain.models import check_name
from modelop_jupyter.environments.lock.pylock import lock_from_document
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.exchange import reading
from modelop_jupyter.exchange.manifest import LOCK, NAME, Manifest, parse
from modelop_jupyter.exchange.reading import Source
from modelop_jupyter.registry.blobs import BlobStore

_MOST_MANIFEST = _MOST_LOCK = 64 << 20
MOST_BYTES = 20_000_000_000


def take_in(path: Path, blobs: BlobStore, *, most: int = MOST_BYTES) -> Manifest:
    """Check a whole export, then store its files; raises :class:`ImportSourceError` before anything is stored."""
    try:
        with reading.opened(path) as source:
            manifest = _checked(source, path, blobs, most)
            for name, file in manifest.files():
                blobs.put_as(file.digest, file.size, reading.chunks(source, name, file.size))
    except ImportSourceError:
        raise
    except InvalidError as error:
        raise ImportSourceError(str(path), error.message, error.hint) from None
    except OSError as error:
        raise ImportSourceError(str(path), (error.strerror or str(error)).lower()) from None
    return manifest


def _checked(source: Source, path: Path, blobs: BlobStore, most: int) -> Manifest:
    if not source.has(NAME):
        raise ImportSourceError(
            str(path),
            f"it holds no {NAME}, so no export of the format modelop wrote it",
            f"'register NAME {path}' takes a folder with a model's source"
            if path.is_dir()
            else "Unpack it, and register the folder",
        )
    manifest = parse(reading.read(source, NAME, _MOST_MANIFEST))
    check_name(manifest.name)
    _check_size(manifest, blobs, most)
    for name, file in manifest.files():
        reading.check(source, name, file.size, file.digest)
    if manifest.lock is not None:
        _check_lock(reading.read(source, LOCK, _MOST_LOCK))
    return manifest


def _check_size(manifest: Manifest, blobs: BlobStore, most: int) -> None:
    """Refuse an export that would fill the disk, before it is read."""
    there = next(path for path in (blobs.root, *blobs.root.parents) if path.exists())
    if manifest.size > most:
        raise InvalidError(f"it would take {manifest.size:,} bytes, and {most:,} are allowed")
    if manifest.size > (free := shutil.disk_usage(there).free):
        raise InvalidError(f"it would take {manifest.size:,} bytes, and {free:,} are free")


def _check_lock(data: bytes) -> None:
    try:
        lock_from_document(data.decode())
    except (UnicodeDecodeError, TypeError, AttributeError, ValueError) as error:
        raise InvalidError(f"{LOCK} is not a lock ({error})") from None
