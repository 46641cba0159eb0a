"""Share the files of ended jobs with the other homes of a registry, and fetch those of their jobs.

What is needed to show a job, its log and its errors, to export and to compare it: the plan, the end,
what the runner left, what the model printed, records that failed, and outputs. Not its inputs, its
working directory, nor what only a retry needs. A file that is larger than ``MODELOP_SHARED_LIMIT``
is only named. All but outputs are one object, ``jobs/ID/documents.zip``, as a request each would
take seconds. The registry has the digests, and is told when all objects are there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from modelop_jupyter import files
from modelop_jupyter.domain.assets import asset_path, digest_of_file
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.places import Place, SharedFile
from modelop_jupyter.errors import (
    HomeError,
    JobElsewhereError,
    ModelOpError,
    ObjectNotFoundError,
    SharedFilesError,
)
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.registry import Registry
from modelop_jupyter.registry.opening import shared_folder
from modelop_jupyter.registry.shared_folder import SharedFolder
from modelop_jupyter.safe_open import open_below, open_regular
from modelop_jupyter.settings import Settings
from modelop_jupyter.storage import is_address

_DOCUMENTS = (
    "plan.json",
    "outcome.json",
    "request.json",
    "job.json",
    "events.jsonl",
    "errors.jsonl",
    "printed.jsonl",
    "console.log",
    "proof.json",
    "result.json",
    "digests.json",
    "parts.json",
)
_ARCHIVE = "documents.zip"
_OUTPUTS = "outputs/"
_ARTEFACTS = "work/outputDir/"
# How long a folder under a temporary name may still be that of a process that fetches.
_FETCHING_SECONDS = 3600.0
# A zip archive knows no time before 1980; the same files are the same bytes.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def share(record: JobRecord, folder: JobFolder, settings: Settings, registry: Registry) -> None:
    """Put the files of an ended job where other homes find them, and record that.

    Does nothing where nothing is shared. Raises :class:`SharedFilesError` or :class:`HomeError`, and
    records nothing then.
    """
    shared = shared_folder(settings)
    if shared is None:
        return
    upload, most = _Upload(shared, record.id, folder), settings.largest_shared
    try:
        objects = [*upload.documents(most), *upload.others(record, most)]
    except OSError as error:
        raise HomeError(str(folder.root), error.strerror or str(error)) from None
    if not registry.share_job(record, objects, shared.place):
        # It was removed meanwhile.
        remove(record.id, objects, shared)


def remove(job: str, shared_files: Iterable[SharedFile], shared: SharedFolder) -> None:
    """Remove the shared files of a job that is no longer on record."""
    for file in shared_files:
        if file.digest is not None:
            shared.remove(_object(job, file.name))


class _Upload:
    """The files of one job on their way to the shared address."""

    def __init__(self, shared: SharedFolder, job: str, folder: JobFolder) -> None:
        self._shared = shared
        self._job = job
        self._folder = folder

    def documents(self, most: int) -> Iterator[SharedFile]:
        """Put all documents there as one archive; yield it, and those that are too large."""
        # By this name clean-up finds what a killed process leaves.
        archive = files.temporary_name(self._folder.root / _ARCHIVE)
        try:
            with (
                files.open_private(archive, "xb") as target,
                zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as zipped,
            ):
                for name in _DOCUMENTS:
                    with self._opened(self._folder.root / name, most) as (file, size):
                        if file is None:
                            if size:
                                yield SharedFile(name, size)
                            continue
                        entry = zipfile.ZipInfo(name, _ZIP_TIME)
                        with zipped.open(entry, "w", force_zip64=True) as member:
                            shutil.copyfileobj(file, member)
            yield self._put(_ARCHIVE, archive)
        finally:
            archive.unlink(missing_ok=True)

    def others(self, record: JobRecord, most: int) -> Iterator[SharedFile]:
        """Put outputs, and what a train function left, there; yield each, those too large as well."""
        for name, path in _others(record, self._folder):
            with self._opened(path, most) as (file, size):
                if file is None:
                    if size:
                        yield SharedFile(name, size)
                    continue
                # A copy: what its digest says is then what is sent, whoever writes to the file.
                copy = files.temporary_name(self._folder.root / "copy")
                try:
                    with files.open_private(copy, "xb") as target:
                        shutil.copyfileobj(file, target)
                    yield self._put(name, copy)
                finally:
                    copy.unlink(missing_ok=True)

    def _put(self, name: str, path: Path) -> SharedFile:
        self._shared.put_file(_object(self._job, name), path)
        return SharedFile(name, path.stat().st_size, digest_of_file(path))

    @contextlib.contextmanager
    def _opened(self, path: Path, most: int) -> Iterator[tuple[BinaryIO | None, int]]:
        """Yield a regular file and its size; None for one that is too large, or not there (size 0)."""
        root = self._folder.root
        try:
            # A model could have put a link there that leads to a secret.
            file = open_below(root, path) if path.is_relative_to(root) else open_regular(path)
        except OSError:
            yield None, 0
            return
        with file:
            size = os.fstat(file.fileno()).st_size
            yield (file if size <= most else None), size


def _others(record: JobRecord, folder: JobFolder) -> Iterator[tuple[str, Path]]:
    outputs, first = list(record.options.other_outputs), record.options.output
    if record.output and not is_address(record.output):
        yield _OUTPUTS + base_name(record.output), Path(record.output)
    elif record.output and first is not None:
        outputs.insert(0, first)
    for output in outputs:
        yield _OUTPUTS + output.name, folder.place_of(output)
    artefacts = folder.root / _ARTEFACTS
    for path in sorted(artefacts.rglob("*")) if artefacts.is_dir() else ():
        if path.is_file():
            yield path.relative_to(folder.root).as_posix(), path


def base_name(path: str) -> str:
    """Return the last part of a path of any system."""
    return PurePosixPath(path.replace("\\", "/")).name


def _object(job: str, name: str) -> str:
    return f"jobs/{job}/{name}"


class SharedJobs:
    """Jobs of other homes, as copies of the files that those have shared."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry

    def documents(self, record: JobRecord) -> JobFolder:
        """Return a folder with what is shared of a job but its outputs.

        Raises :class:`JobElsewhereError` where nothing is, or it cannot be had.
        """
        _, shared_files, shared = self._shared(record)
        root = self._root(record.id, shared_files)
        if not root.is_dir():
            for file in shared_files:
                if file.name == _ARCHIVE:
                    self._unpack(record, file, root, shared)
        for file in shared_files:
            if file.name.startswith(_ARTEFACTS) and file.digest is not None:
                self._fetch(record, file, root / file.name, shared)
        return JobFolder(root)

    def output(self, record: JobRecord, name: str) -> Path:
        """Return a copy of an output by its name in the job.

        Raises :class:`JobElsewhereError` where it is not shared, or cannot be had.
        """
        place, shared_files, shared = self._shared(record)
        for file in shared_files:
            if file.name == _OUTPUTS + name:
                if file.digest is None:
                    raise too_large(record, file, place, self._settings)
                root = self.documents(record).root
                return self._fetch(record, file, root / file.name, shared)
        raise elsewhere(record, what=f"the output {name}", reason=f"; it was not put to {place}")

    def left_out(self, record: JobRecord) -> tuple[SharedFile, ...]:
        """Return the files of a job that were too large to share."""
        return tuple(file for file in self._shared(record)[1] if file.digest is None)

    def place(self, record: JobRecord) -> Place:
        """Return the address that a job's files come from."""
        return self._shared(record)[0]

    def require(self, record: JobRecord, name: str) -> None:
        """Raise :class:`JobElsewhereError` for a file that was too large to share."""
        place, shared_files, _ = self._shared(record)
        for file in shared_files:
            if file.name == name and file.digest is None:
                raise too_large(record, file, place, self._settings)

    def _shared(self, record: JobRecord) -> tuple[Place, tuple[SharedFile, ...], SharedFolder]:
        found = self._registry.shared_files(record.id)
        shared = shared_folder(self._settings)
        if found is None:
            raise elsewhere(
                record,
                reason=f", and were not put to {shared.place} (yet)" if shared else "",
                remedy="'modelop repair' in that home puts them there" if shared else None,
            )
        place, shared_files = found
        for file in shared_files:
            # Whoever writes to the registry does not choose where files are written here.
            asset_path(file.name)
        if shared is None:
            raise elsewhere(
                record, reason=f" and at {place}", remedy=f"Set MODELOP_BLOBS_URL={place}"
            )
        return place, shared_files, shared

    def _root(self, job: str, shared_files: tuple[SharedFile, ...]) -> Path:
        """Return the folder of the copies; files that were shared anew have another one."""
        content = "\n".join(f"{file.name} {file.digest}" for file in shared_files)
        version = hashlib.sha256(content.encode()).hexdigest()[:12]
        return self._settings.fetched / version / job

    def _unpack(
        self, record: JobRecord, file: SharedFile, root: Path, shared: SharedFolder
    ) -> None:
        """Make a folder of the documents; it appears when it is complete."""
        try:
            files.make_private(root.parent)
            with files.new_folder(root) as folder:
                archive = self._fetch(record, file, folder / _ARCHIVE, shared)
                with zipfile.ZipFile(archive) as zipped:
                    for member in zipped.infolist():
                        # Stored, so that it takes no more room than the archive.
                        if member.filename in _DOCUMENTS and member.compress_type == 0:
                            zipped.extract(member, folder)
                archive.unlink()
        except zipfile.BadZipFile:
            raise self._lost(record, file, f", and {_ARCHIVE} cannot be read") from None
        except OSError as error:
            # Another process may have been quicker.
            if not root.is_dir():
                reason = error.strerror or str(error)
                raise HomeError(str(self._settings.home), reason) from None

    def _fetch(self, record: JobRecord, file: SharedFile, path: Path, shared: SharedFolder) -> Path:
        """Write a copy of an object to a path, if there is none; nothing but what its digest says."""
        if path.is_file():
            return path
        name, hasher = _object(record.id, file.name), hashlib.sha256()
        try:
            files.make_private(path.parent)
            with shared.open(name) as source, files.replace_file(path, durable=False) as target:
                while block := source.read(1 << 20):
                    hasher.update(block)
                    target.write(block)
                if f"sha256:{hasher.hexdigest()}" != file.digest:
                    reason = f", and {shared.shown(name)} is not what that home put there"
                    raise self._lost(record, file, reason)
        except SharedFilesError as error:
            raise elsewhere(record, reason=f", and {error.reason}", remedy=error.hint) from error
        except ObjectNotFoundError:
            raise self._lost(record, file, f", and {shared.shown(name)} is gone") from None
        except OSError as error:
            raise HomeError(str(self._settings.home), error.strerror or str(error)) from None
        return path

    def _lost(self, record: JobRecord, file: SharedFile, reason: str) -> JobElsewhereError:
        """Return the error for an object that is not what it was; it counts as never shared."""
        with contextlib.suppress(ModelOpError):
            place, shared_files, shared = self._shared(record)
            # Not where it was shared anew meanwhile, or this home shares something else.
            if file in shared_files and place == shared.place:
                self._registry.unshare_job(record.id)
        return elsewhere(
            record, reason=reason, remedy="'modelop repair' in that home puts it there anew"
        )


def elsewhere(
    record: JobRecord, *, what: str = "the files", reason: str = "", remedy: str | None = None
) -> JobElsewhereError:
    """Return the error that says in which home a job's files are."""
    home = record.options.home
    host, path = (home.host, home.path) if home else (None, None)
    return JobElsewhereError(record.short_id, host, path, what=what, reason=reason, remedy=remedy)


def too_large(
    record: JobRecord, file: SharedFile, place: Place, settings: Settings
) -> JobElsewhereError:
    """Return the error for a file that was not shared for its size."""
    return elsewhere(
        record,
        what=f"the {file.size:,} bytes of {base_name(file.name)}",
        reason=f", as they were too many to put to {place}",
        remedy=f"Use that home, or set MODELOP_SHARED_LIMIT there, which is {settings.shared_limit}"
        " here, and type 'modelop repair'",
    )


def copies(settings: Settings) -> list[Path]:
    """Return the folders of copies, each named after its job; also what a killed process left."""
    now = time.time()
    return [
        folder
        for folder in sorted(settings.fetched.glob("*/*"))
        if not folder.name.startswith(".") or now - time_of(folder) > _FETCHING_SECONDS
    ]


def time_of(folder: Path) -> float:
    """Return when a folder of copies was written to last."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def remove_copies(folder: Path) -> None:
    """Remove a folder of copies; they are fetched again when they are asked for."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()


def share_missing(jobs: list[JobRecord], settings: Settings, registry: Registry) -> list[str]:
    """Share what is not shared of ended jobs of this home, or was too large; return their ids."""
    shared_again = []
    unshared = registry.unshared_jobs([job.id for job in jobs])
    for record in jobs:
        folder = JobFolder(settings.jobs / record.id)
        found = registry.shared_files(record.id)
        fits = found is not None and any(
            file.digest is None and file.size <= settings.largest_shared for file in found[1]
        )
        if folder.root.is_dir() and (record.id in unshared or fits):
            share(record, folder, settings, registry)
            shared_again.append(record.id)
    return shared_again
