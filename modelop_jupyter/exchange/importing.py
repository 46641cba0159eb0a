"""``import`` and ``run``: read and check an export of the format ``modelop``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.exchange import ImportSourceError
from modelop_jupyter.domain.models import check_name
from modelop_jupyter.domain.verification import VerificationSample
from modelop_jupyter.domain.wire import from_wire, mismatch
from modelop_jupyter.environments.lock.pylock import lock_from_document
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.exchange import reading
from modelop_jupyter.exchange.manifest import LOCK, NAME, SAMPLE, WHEELS, Manifest, parse
from modelop_jupyter.exchange.reading import Source
from modelop_jupyter.registry.blobs import BlobStore

_MOST_MANIFEST = _MOST_LOCK = 64 << 20
_MOST_SAMPLE = 1 << 20
MOST_BYTES = 20_000_000_000


def take_in(path: Path, blobs: BlobStore, *, most: int = MOST_BYTES) -> Manifest:
    """Check a whole export, then store its files; raises :class:`ImportSourceError` before anything is stored."""
    with _opened(path) as source:
        return _take_in(source, path, blobs, most)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An export whose files are stored; ``wheels`` are paths by digest."""

    manifest: Manifest
    wheels: Mapping[str, Path]
    sample: VerificationSample | None


def unpack(path: Path, blobs: BlobStore, folder: Path, *, most: int = MOST_BYTES) -> Unpacked:
    """Do what :func:`take_in` does, and put the wheels of the export into a folder.

    Raises :class:`ImportSourceError`.
    """
    with _opened(path) as source:
        manifest = _take_in(source, path, blobs, most)
        wheels = {}
        for wheel in manifest.wheels.files if manifest.wheels else ():
            name, target = WHEELS + wheel.name, folder / wheel.digest.partition(":")[2]
            reading.check(source, name, wheel.size, wheel.digest)
            with target.open("wb") as file:
                file.writelines(reading.chunks(source, name, wheel.size))
            wheels[wheel.digest] = target
        return Unpacked(manifest, wheels, _sample(source, manifest))


def _sample(source: Source, manifest: Manifest) -> VerificationSample | None:
    if manifest.sample is None:
        return None
    data = reading.read(source, SAMPLE, _MOST_SAMPLE)
    reading.check(source, SAMPLE, manifest.sample.size, manifest.sample.digest)
    try:
        document = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{SAMPLE} is not JSON ({error})") from None
    if reason := mismatch(VerificationSample, document):
        raise InvalidError(f"{SAMPLE} cannot be used: {reason}")
    return from_wire(VerificationSample, document)


def _take_in(source: Source, path: Path, blobs: BlobStore, most: int) -> Manifest:
    manifest = _checked(source, path, blobs, most)
    for name, file in manifest.files():
        blobs.put_as(file.digest, file.size, reading.chunks(source, name, file.size))
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[Source]:
    """Open an export; whatever is wrong with it is raised as :class:`ImportSourceError`."""
    try:
        with reading.opened(path) as source:
            yield source
    except ImportSourceError:
        raise
    except InvalidError as error:
        raise ImportSourceError(str(path), error.message, error.hint) from None
    except OSError as error:
        raise ImportSourceError(str(path), (error.strerror or str(error)).lower()) from None


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
    """Refuse an export that would fill the disk, before it is read; wheels count, too."""
    size = manifest.size + (manifest.wheels.size if manifest.wheels else 0)
    there = next(path for path in (blobs.root, *blobs.root.parents) if path.exists())
    if size > most:
        raise InvalidError(f"it would take {size:,} bytes, and {most:,} are allowed")
    if size > (free := shutil.disk_usage(there).free):
        raise InvalidError(f"it would take {size:,} bytes, and {free:,} are free")


def _check_lock(data: bytes) -> None:
    try:
        lock_from_document(data.decode())
    except (UnicodeDecodeError, TypeError, AttributeError, ValueError) as error:
        raise InvalidError(f"{LOCK} is not a lock ({error})") from None
