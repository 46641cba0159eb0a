"""Environments as files on a disk: what they hold, what was changed in them, what was cleared away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs between an environment and what was built: files, and their ``packages``."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        return not (self.changed or self.added or self.removed)
