"""Environments as what they take on disk: listed, pinned, cleared away."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from modelop_jupyter.domain.disk import Cleared, Clearing, Spared
from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.reports import EnvironmentRow
from modelop_jupyter.environments import leftovers, listing
from modelop_jupyter.environments.census import Census
from modelop_jupyter.environments.leftovers import Leftover
from modelop_jupyter.environments.removing import remove
from modelop_jupyter.environments.scratch import forsaken
from modelop_jupyter.environments.shelf import Shelf
from modelop_jupyter.environments.usage import users_of
from modelop_jupyter.errors import ConflictError

Owners = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Stock:
    """What is there: the rows of a list, the oldest first, and the files behind them."""

    rows: tuple[EnvironmentRow, ...]
    census: Census


class Upkeep:
    """Looks after the environments of models and, in a folder below theirs, those of kernels."""

    def __init__(self, root: Path) -> None:
        self._models = Shelf(root.absolute())
        self._kernels = Shelf(root.absolute() / "overlays")

    def rows(self, owners: Owners) -> list[EnvironmentRow]:
        """List all environments, the oldest first; ``owners`` are the models of a fingerprint."""
        return list(self._stock(owners).rows)

    def with_drift(self, environment: Environment) -> Environment:
        """Return an environment with what was changed in it by hand."""
        return replace(environment, drift=listing.drift(Path(environment.path)))

    def pin(self, environment: Environment) -> None:
        """Keep an environment from being cleared away."""
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
        """Remove the least recently used environments beyond a quota, and what was left behind.

        ``busy`` are fingerprints that something is about to use; ``others`` are leftovers elsewhere.
        """
        stock = self._stock(owners)
        census, all_paths = stock.census, [_path(row) for row in stock.rows]
        gone: list[EnvironmentRow] = []
        spared: list[Spared] = []
        before = left = census.total(all_paths)
        for row in sorted(stock.rows, key=_last_used):
            if left <= quota:
                break
            reason = self._reason_to_stay(row, busy) or (
                None if is_dry_run else self._remove(row.environment)
            )
            if reason:
                spared.append(Spared(row.environment.fingerprint, _users(row), reason))
                continue
            gone.append(row)
            left = census.total(set(all_paths) - {_path(each) for each in gone})
        swept = [*self._leftovers(), *others]
        cleared = [each.described for each in swept]
        freed = census.freed([_path(row) for row in gone]) + sum(each.size for each in cleared)
        if not is_dry_run:
            for each in swept:
                each.sweep()
        return Clearing(
            quota=quota,
            before=before,
            after=left,
            freed=freed,
            cleared=(*(_cleared(row) for row in gone), *cleared),
            spared=tuple(spared),
            is_dry_run=is_dry_run,
        )

    def _stock(self, owners: Owners) -> _Stock:
        overlays = self._kernels.all()
        found = sorted([*self._models.all(), *overlays], key=lambda each: each.created)
        folders = [Path(each.path) for each in found]
        census = Census(folders)
        shares, users = census.shares(folders), users_of(folders)
        rows = tuple(
            EnvironmentRow(
                environment=replace(
                    each, size=shares[folder], drift=listing.drift(folder, census.installed[folder])
                ),
                models=owners.get(each.fingerprint, ()),
                in_use=bool(users[folder]),
                freed=census.freed([folder]),
                is_pinned=self._models.is_pinned(each.fingerprint),
                is_overlay=each in overlays,
            )
            for each, folder in zip(found, folders, strict=True)
        )
        return _Stock(rows, census)

    def _reason_to_stay(self, row: EnvironmentRow, busy: Collection[str]) -> str | None:
        if row.is_pinned:
            return "pinned"
        if row.in_use or row.environment.fingerprint in busy:
            return "in use"
        return None

    def _remove(self, environment: Environment) -> str | None:
        """Remove an environment; return why not."""
        shelf = (
            self._kernels if self._kernels.root in Path(environment.path).parents else self._models
        )
        try:
            remove(shelf, environment)
        except ConflictError:
            return "in use"
        return None

    def _leftovers(self) -> Sequence[Leftover]:
        folders = forsaken(Path(tempfile.gettempdir()))
        return [
            *leftovers.leftovers_of(self._models),
            *leftovers.leftovers_of(self._kernels),
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
