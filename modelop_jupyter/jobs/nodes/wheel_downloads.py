"""Wheels that this machine downloads for nodes that have no index; each is fetched once for a job."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.lock.wheels import wheels_of
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.models.environment_spec import ensure_lock
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.settings import Settings


class WheelDownloads:
    """The wheels of a snapshot's lock, from the indexes of this machine's user; removed by :meth:`close`."""

    def __init__(
        self, snapshot: Snapshot, folder: JobFolder, blobs: BlobStore, settings: Settings
    ) -> None:
        self._snapshot = snapshot
        self._folder = folder.root / "wheels"
        self._blobs = blobs
        self._settings = settings
        self._paths: dict[str, Path] = {}

    def fetch(self, digests: Sequence[str]) -> Mapping[str, Path]:
        """Return wheels by their digests, downloaded now where they are missing.

        Raises :class:`EnvironmentBuildError`.
        """
        missing = [digest for digest in digests if digest not in self._paths]
        if missing:
            self._download(missing)
        return {digest: self._paths[digest] for digest in digests}

    def close(self) -> None:
        """Remove them."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _download(self, digests: Sequence[str]) -> None:
        manager = EnvironmentManager(self._settings.environments)
        lock = ensure_lock(self._snapshot, manager, self._blobs, keep=str)
        wheels = [wheel for wheel in wheels_of(lock).wheels if wheel.digest in digests]
        if len(wheels) < len(digests):
            raise EnvironmentBuildError(
                "the node asks for wheels that this machine would not take from the lock",
                remedy="Use nodes of the system that this machine has",
            )
        self._folder.mkdir(mode=0o700, exist_ok=True)
        manager.download(lock, wheels, self._folder)
        self._paths |= {wheel.digest: self._folder / wheel.file for wheel in wheels}
