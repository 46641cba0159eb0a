"""The environment of a task on a node: from the node's index, or from wheels that were sent to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from modelop_jupyter.domain.environments import BuildStep, Environment, PackageSource
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.cleanup.gc import GarbageCollector
from modelop_jupyter.environments.lock.wheels import LockedWheels, wheels_of
from modelop_jupyter.environments.wheel_store import WheelStore
from modelop_jupyter.errors import EnvironmentBuildError, HomeError, PackagesUnavailableError
from modelop_jupyter.jobs.supervision.environment import ensure_environment
from modelop_jupyter.models.environment_spec import ensure_lock
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.settings import Settings

# Is there while environments take more than the quota, as some of them were in use.
_OVER_QUOTA = ".over-quota"
_QUOTA_SECONDS = 60.0


class LackingWheelsError(Exception):
    """This node can build the environment only from wheels with these digests, which it lacks."""

    def __init__(self, digests: tuple[str, ...], reason: str) -> None:
        super().__init__(reason)
        self.digests = digests
        self.reason = reason


class NodeEnvironment:
    """The environment of a snapshot on this node.

    :attr:`packages_from` is where its packages came from, the cache for one that was there already.
    """

    def __init__(
        self,
        settings: Settings,
        snapshot: Snapshot,
        blobs: BlobStore,
        *,
        progress: Callable[[BuildStep], None],
    ) -> None:
        self.packages_from = PackageSource.CACHE
        self._settings = settings
        self._ref = snapshot.ref
        self._manager = EnvironmentManager(settings.environments, progress=progress)
        self._wheels = WheelStore(settings.environments)
        self._lock = ensure_lock(snapshot, self._manager, blobs, keep=str)

    def in_use(self, user: str) -> contextlib.AbstractContextManager[None]:
        """Keep it from being removed until the block ends."""
        return self._manager.in_use(self._lock, user)

    def ensure(self) -> Environment:
        """Return the environment, built now if it is missing.

        Raises :class:`LackingWheelsError`, and :class:`EnvironmentBuildError`.
        """
        if self._manager.find(self._lock) is not None:
            return self._ensure(self._manager)
        locked = wheels_of(self._lock)
        if kept := self._all_of(locked):
            return self._ensure(self._manager.with_wheels(kept))
        try:
            return self._ensure(self._manager)
        except PackagesUnavailableError as error:
            refuse_sources(locked, error)
            # Another task may have brought them meanwhile.
            if kept := self._all_of(locked):
                return self._ensure(self._manager.with_wheels(kept))
            digests = [wheel.digest for wheel in locked.wheels]
            here = self._wheels.find(digests)
            lacking = tuple(digest for digest in digests if digest not in here)
            if not lacking:
                # What is missing is no package of the lock, but what a source needs to be built.
                raise
            raise LackingWheelsError(lacking, error.reason) from None

    def _all_of(self, locked: LockedWheels) -> Mapping[str, Path] | None:
        """Return the wheels that were sent here, None where they are not all that the lock needs."""
        digests = {wheel.digest for wheel in locked.wheels}
        if locked.none or not digests:
            return None
        kept = self._wheels.find(digests)
        return kept if kept.keys() == digests else None

    def _ensure(self, manager: EnvironmentManager) -> Environment:
        environment = ensure_environment(self._lock, manager, ref=self._ref).environment
        self.packages_from = manager.packages_from or PackageSource.CACHE
        return environment

    def keep_quota(self) -> None:
        """Remove what is beyond the quota, least recently used first, if there may be something.

        A home in which jobs are submitted is left to its user, and `env gc`.
        """
        settings, mark = self._settings, self._settings.environments / _OVER_QUOTA
        has_built = self.packages_from is not PackageSource.CACHE
        if settings.jobs.exists() or not (has_built or _is_older(mark)):
            return
        with contextlib.suppress(HomeError, OSError):
            quota = settings.quota_of_environments
            collector = GarbageCollector(settings.environments)
            if collector.clear(quota, owners={}, busy=(), is_dry_run=False).after > quota:
                mark.touch()
            else:
                mark.unlink(missing_ok=True)


def refuse_sources(locked: LockedWheels, error: PackagesUnavailableError) -> None:
    """Raise :class:`EnvironmentBuildError` for packages of which no wheel can be sent."""
    if locked.none:
        names = " and ".join(locked.none)
        raise EnvironmentBuildError(
            f"{error.reason}, and {names} cannot be sent from the machine that submits, as the lock"
            " names no wheel for this Python",
            remedy=f"Choose a version of {locked.none[0]} that has a wheel, add its wheel to the"
            " model's assets, or give the node an index",
            log=error.log,
        ) from None


def _is_older(mark: Path) -> bool:
    """Say whether a mark is there that was made some time ago."""
    try:
        return time.time() - mark.stat().st_mtime > _QUOTA_SECONDS
    except OSError:
        return False
