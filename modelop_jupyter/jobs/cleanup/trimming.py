"""Remove unchanged model files from the working directory of an ended job.

A job begins with a copy of the model's assets, which are in the blob store anyway; hundreds of
megabytes per job would fill the disk. ``staged.json`` has the state of each file before the model
ran, with its time of change (ctime), which no program can set. Without it, as in jobs of earlier
releases, files are compared with the assets.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.assets import Asset, digest_of_file
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import StagedFiles

# A train function's output is kept as a whole, even files that the model brought along.
_OUTPUT_FOLDER = "outputDir"

State = list[int]


def record_staged_files(folder: JobFolder) -> None:
    """Record the state of a working directory's files before the model runs."""
    states = {name: _state(status) for name, _, status in _files(folder.work)}
    folder.write(StagedFiles(states), durable=False)


def trim(folder: JobFolder, state: ModelState, *, is_dry_run: bool = False) -> int:
    """Remove files that are unchanged since staging, also of workers; return the freed bytes.

    ``state`` is the model's state that was staged. Only regular files below the working directory
    are removed, whatever links the model has made.
    """
    assets = {asset.path: asset for asset in state.assets}
    return sum(_trim(job_folder, assets, is_dry_run) for job_folder in _folders_with_work(folder))


def trimmable_files(folder: JobFolder) -> Iterator[str]:
    """Yield the names of files that might be removed."""
    for job_folder in _folders_with_work(folder):
        yield from (name for name, _, _ in _files(job_folder.work))


def _trim(folder: JobFolder, assets: Mapping[str, Asset], is_dry_run: bool) -> int:
    if folder.work.is_symlink():
        return 0
    staged, freed, emptied = _staged_states(folder), 0, set()
    for name, path, status in list(_files(folder.work)):
        if not _is_unchanged(path, status, staged.get(name), assets.get(name)):
            continue
        freed += status.st_size
        if not is_dry_run:
            with suppress(OSError):
                path.unlink()
                emptied.add(path.parent)
    for parent in emptied:
        files.remove_empty_folders(parent, below=folder.work)
    return freed


def _is_unchanged(
    path: Path, status: os.stat_result, before: State | None, asset: Asset | None
) -> bool:
    if before is not None and before == _state(status):
        return True
    if asset is None or asset.size != status.st_size:
        return False
    try:
        # Its times have changed; the content decides.
        return digest_of_file(path) == asset.digest
    except OSError:
        return False


def _folders_with_work(folder: JobFolder) -> list[JobFolder]:
    """Return the folders with a working directory: the job's and those of its workers."""
    workers = folder.workers_folder
    if workers.is_symlink() or not workers.is_dir():
        return [folder]
    return [folder, *(JobFolder(path) for path in workers.iterdir() if not path.is_symlink())]


def _staged_states(folder: JobFolder) -> Mapping[str, State]:
    try:
        return (folder.read(StagedFiles) or StagedFiles()).files
    except (OSError, ValueError):
        return {}


def _state(status: os.stat_result) -> State:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _files(work: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Yield name, path and status of a working directory's regular files; links are skipped."""
    for root, folders, names in os.walk(work):
        if root == str(work):
            folders[:] = [name for name in folders if name != _OUTPUT_FOLDER]
        for name in names:
            path = Path(root, name)
            with suppress(OSError):
                status = path.lstat()
                if stat.S_ISREG(status.st_mode):
                    yield path.relative_to(work).as_posix(), path, status
