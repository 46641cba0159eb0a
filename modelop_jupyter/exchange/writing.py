"""Write an export to disk: complete or not at all, and equal bytes for equal content."""

from __future__ import annotations

import filecmp
import os
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.exchange import ExportTargetError
from modelop_jupyter.errors import BlobError, HomeError, InvalidError
from modelop_jupyter.exchange.layout import Layout
from modelop_jupyter.exchange.manifest import WHEELS
from modelop_jupyter.registry.blobs import BlobStore

# The earliest that a zip can say; the time of day is no part of a snapshot.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_UNIX, _MODE = 3, 0o100644
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """The written export; ``was_there`` if it existed already, ``lost`` is what it cannot express."""

    files: int
    size: int
    was_there: bool
    lost: tuple[str, ...]


def write(layout: Layout, target: Path, blobs: BlobStore, *, as_zip: bool) -> Written:
    """Write an export to a folder, or to a zip of that folder.

    Raises :class:`ExportTargetError` if the target holds something else, and :class:`InvalidError` if
    it cannot be written.
    """
    if not target.parent.is_dir():
        raise InvalidError(
            f"{target}: the folder {target.parent} does not exist",
            "Make it first, or choose another folder",
        )
    scratch = files.temporary_name(target)
    packed = scratch.with_suffix(".zip.part")
    try:
        scratch.mkdir()
        for entry in layout.entries:
            entry.write(scratch, blobs)
        lost = tuple(layout.finish(scratch))
        sizes = [path.stat().st_size for path in _files(scratch)]
        if as_zip:
            pack(scratch, packed)
        made = packed if as_zip else scratch
        was_there = _is_same(made, target)
        if not was_there:
            _put(made, target)
        size = target.stat().st_size if as_zip else sum(sizes)
        return Written(len(sizes), size, was_there, lost)
    except BlobError:
        raise
    except (OSError, HomeError) as error:
        reason = error.reason if isinstance(error, HomeError) else error.strerror or str(error)
        raise InvalidError(
            f"{target} cannot be written: {reason}", "Choose another place"
        ) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        packed.unlink(missing_ok=True)


def pack(folder: Path, target: Path) -> None:
    """Write a zip of a folder; equal content gives equal bytes."""
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(folder):
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _MOMENT)
            # A wheel is a zip itself. One among the assets is packed as it always was: equal content
            # gives equal bytes.
            is_packed = info.filename.startswith(WHEELS)
            info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            info.create_system, info.external_attr = _UNIX, _MODE << 16
            info.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(info, "w") as copy:
                shutil.copyfileobj(source, copy, _CHUNK)


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(
        (
            path
            for path in folder.rglob("*")
            if (path.is_symlink() or not path.is_dir()) and not _is_history(path, folder)
        ),
        key=lambda path: path.relative_to(folder).as_posix(),
    )


def _is_history(path: Path, folder: Path) -> bool:
    """Say whether a path is in the ``.git`` folder of an existing repository."""
    return path.relative_to(folder).parts[0] == ".git"


def _is_same(made: Path, target: Path) -> bool:
    """Say whether the target equals what was made, byte for byte."""
    if made.is_file():
        return target.is_file() and filecmp.cmp(made, target, shallow=False)
    if not target.is_dir():
        return False
    ours, theirs = ([p.relative_to(folder) for p in _files(folder)] for folder in (made, target))
    return ours == theirs and all(
        (target / path).is_file() and filecmp.cmp(made / path, target / path, shallow=False)
        for path in ours
    )


def _put(made: Path, target: Path) -> None:
    """Move what was made to the target, or into an existing empty folder."""
    if not os.path.lexists(target):
        files.rename(made, target)
        return
    is_folder = target.is_dir()
    if made.is_file() or not is_folder or any(p.name != ".git" for p in target.iterdir()):
        raise ExportTargetError(str(target), is_folder=is_folder)
    # It may be somebody's working directory, or a disk of its own: it cannot be replaced.
    for path in made.iterdir():
        files.rename(path, target / path.name)
