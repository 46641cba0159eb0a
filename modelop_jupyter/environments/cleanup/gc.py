"""List environments with their disk usage, pin them, and remove those beyond a quota."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modelop_jupyter.domain.disk import Cleared, Clearing, Spared
from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.reports import EnvironmentRow
from modelop_jupyter.environments.cleanup.disk_usage import DiskUsage
from modelop_jupyter.environments.cleanup.leftovers import Leftover, leftovers_in, old_wheels
from modelop_jupyter.environments.cleanup.removal import processes_in, remove
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.environments.temporary_folders import orphaned_folders
from modelop_jupyter.environments.verify import manifest
from modelop_jupyter.environments.wheel_store import WheelStore
from modelop_jupyter.errors import ConflictError

# The names of the models and snapshots that use an environment, by its fingerprint.
Owners = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Inventory:
    """All environments, the oldest first, and their disk usage."""

    rows: tuple[EnvironmentRow, ...]
    usage: DiskUsage


class GarbageCollector:
    """The environments of models below ``root``, and those of kernels in a folder below it."""

    def __init__(self, root: Path) -> None:
        self._models = EnvironmentStore(root.absolute())
        self._kernels = EnvironmentStore(root.absolute() / "overlays")

    def rows(self, owners: Owners) -> list[EnvironmentRow]:
        """List all environments, the oldest first."""
        return list(self._inventory(owners).rows)

    def with_drift(self, environment: Environment) -> Environment:
        """Return an environment with what was changed in it by hand."""
        return replace(environment, drift=manifest.drift(Path(environment.path)))

    def pin(self, environment: Environment) -> None:
        """Keep an environment from being collected."""
        self._models.pin(environment.fingerprint)

    def unpin(self, environment: Environment) -> None:
        self._models.unpin(environment.fingerprint)

    def is_pinned(self, environment: Environment) -> bool:
        return self._models.is_pinned(environment.fingerprint)

    def clear(
        self,
        quota: int,
        *,
        owners: Owners,
        busy: Collection[str],
        others: Iterable[Leftover] = (),
        is_dry_run: bool,
    ) -> Clearing:
        """Remove leftovers and, least recently used first, environments beyond a quota (bytes).

        Wheels that were sent here count as well, and go before environments. ``busy`` are
        fingerprints that a job is about to use; ``others`` are leftovers elsewhere.
        """
        inventory = self._inventory(owners)
        usage, paths = inventory.usage, {_path(row) for row in inventory.rows}
        removed: list[EnvironmentRow] = []
        spared: list[Spared] = []
        wheels = WheelStore(self._models.root)
        kept = wheels.size
        before = usage.total(paths) + kept
        old = list(old_wheels(wheels, excess=before - quota))
        kept -= sum(leftover.as_cleared.size for leftover in old)
        after = usage.total(paths) + kept
        for row in sorted(inventory.rows, key=_last_used):
            if after <= quota:
                break
            reason = self._remove(row, busy, is_dry_run=is_dry_run)
            if reason:
                spared.append(Spared(row.environment.fingerprint, _users(row), reason))
                continue
            removed.append(row)
            after = usage.total(paths - {_path(row) for row in removed}) + kept
        leftovers = [*old, *self._leftovers(), *others]
        cleared = [leftover.as_cleared for leftover in leftovers]
        freed = usage.freed([_path(row) for row in removed]) + sum(item.size for item in cleared)
        if not is_dry_run:
            for leftover in leftovers:
                leftover.remove()
        return Clearing(
            quota=quota,
            before=before,
            after=after,
            freed=freed,
            cleared=(*(_cleared(row) for row in removed), *cleared),
            spared=tuple(spared),
            is_dry_run=is_dry_run,
        )

    def _inventory(self, owners: Owners) -> _Inventory:
        overlays = self._kernels.all()
        environments = sorted(
            [*self._models.all(), *overlays], key=lambda environment: environment.created
        )
        folders = [Path(environment.path) for environment in environments]
        usage = DiskUsage(folders)
        shares, processes = usage.shares(folders), processes_in(folders)
        rows = tuple(
            EnvironmentRow(
                environment=replace(
                    environment,
                    size=shares[folder],
                    drift=manifest.drift(folder, usage.installed[folder]),
                ),
                models=owners.get(environment.fingerprint, ()),
                in_use=bool(processes[folder]),
                freed=usage.freed([folder]),
                is_pinned=self._models.is_pinned(environment.fingerprint),
                is_overlay=environment in overlays,
            )
            for environment, folder in zip(environments, folders, strict=True)
        )
        return _Inventory(rows, usage)

    def _remove(
        self, row: EnvironmentRow, busy: Collection[str], *, is_dry_run: bool
    ) -> str | None:
        """Remove an environment, except in a dry run; return why it is kept, None where it is not."""
        if row.is_pinned:
            return "pinned"
        fingerprint = row.environment.fingerprint
        if row.in_use or fingerprint in busy or self._models.is_in_use(fingerprint):
            return "in use"
        if is_dry_run:
            return None
        try:
            remove(self._kernels if row.is_overlay else self._models, row.environment)
        except ConflictError:
            return "in use"
        return None

    def _leftovers(self) -> list[Leftover]:
        folders = orphaned_folders(Path(tempfile.gettempdir()))
        return [
            *leftovers_in(self._models),
            *leftovers_in(self._kernels),
            *(Leftover("temporary folder", folder) for folder in folders),
        ]


def _path(row: EnvironmentRow) -> Path:
    return Path(row.environment.path)


def _last_used(row: EnvironmentRow) -> float:
    return (row.environment.last_used or row.environment.created).timestamp()


def _cleared(row: EnvironmentRow) -> Cleared:
    size = row.environment.size or 0
    return Cleared("environment", row.environment.fingerprint, size, ", ".join(_users(row)))


def _users(row: EnvironmentRow) -> tuple[str, ...]:
    return ("isolated kernels",) if row.is_overlay else row.models
