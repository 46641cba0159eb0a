"""What a job's working directory keeps when the job has ended: what the model made or changed.

A job begins with a fresh copy of the model's assets. What is still as it was then can be had from the
blobs at any time, and a model of some hundred megabytes would fill the disk with each of its jobs.
``staged.json`` says how the files were before the model saw them; its time of change is one that no
program can set. Without it, as in jobs of an earlier version, files are compared with the assets.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.jobs.digests import digest_of
from modelop_jupyter.jobs.folder import JobFolder

_NOTE = "staged.json"
# What a train function leaves is kept whole, also where the model brought a file of the name along.
_KEPT = "outputDir"

State = list[int]


def note(folder: JobFolder) -> None:
    """Write down how the files of a working directory are before the model sees them."""
    found = {name: _state(status) for name, _, status in _files(folder.work)}
    files.write_text(folder.root / _NOTE, json.dumps(found), durable=False)


def trim(folder: JobFolder, state: ModelState, *, is_dry_run: bool = False) -> int:
    """Remove what the model left as it was, also of its workers; return the bytes that are free now.

    ``state`` is what was staged. Nothing but regular files below the working directory is looked at,
    whatever links the model has made.
    """
    assets = {asset.path: asset for asset in state.assets}
    return sum(_trim(each, assets, is_dry_run) for each in _places(folder))


def files_in(folder: JobFolder) -> Iterator[str]:
    """Yield the names of the files that might be trimmed."""
    for each in _places(folder):
        yield from (name for name, _, _ in _files(each.work))


def _trim(folder: JobFolder, assets: Mapping[str, Asset], is_dry_run: bool) -> int:
    if folder.work.is_symlink():
        return 0
    staged, freed, emptied = _noted(folder), 0, set()
    for name, path, status in list(_files(folder.work)):
        if not _is_unchanged(path, status, staged.get(name), assets.get(name)):
            continue
        freed += status.st_size
        if not is_dry_run:
            with suppress(OSError):
                path.unlink()
                emptied.add(path.parent)
    for parent in emptied:
        _remove_empty(parent, folder.work)
    return freed


def _is_unchanged(
    path: Path, status: os.stat_result, before: State | None, asset: Asset | None
) -> bool:
    if before is not None and before == _state(status):
        return True
    if asset is None or asset.size != status.st_size:
        return False
    try:
        # Somebody touched it; what it holds decides.
        return digest_of(path) == asset.digest
    except OSError:
        return False


def _places(folder: JobFolder) -> list[JobFolder]:
    """Return the folders that have a working directory: the job's, and those of its workers."""
    workers = folder.workers_folder
    if workers.is_symlink() or not workers.is_dir():
        return [folder]
    return [folder, *(JobFolder(path) for path in workers.iterdir() if not path.is_symlink())]


def _noted(folder: JobFolder) -> Mapping[str, State]:
    try:
        return folder.read(_NOTE) or {}
    except (OSError, ValueError):
        return {}


def _state(status: os.stat_result) -> State:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _files(work: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Yield the regular files with their names below the working directory; links are not followed."""
    for root, folders, names in os.walk(work):
        if root == str(work):
            folders[:] = [name for name in folders if name != _KEPT]
        for name in names:
            path = Path(root, name)
            with suppress(OSError):
                status = path.lstat()
                if stat.S_ISREG(status.st_mode):
                    yield path.relative_to(work).as_posix(), path, status


def _remove_empty(path: Path, work: Path) -> None:
    """Remove a folder that holds nothing any more, and those around it, but not the working directory."""
    with suppress(OSError):
        while path != work:
            path.rmdir()
            path = path.parent
