"""What ``repair`` found in a home folder and put on record again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A job folder, or a part of what it tells, that could not be taken up."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A file of a model or snapshot whose content is not among the stored files; a lock, too."""

    owner: str
    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair took up, and what it could not; all empty where the list was whole.

    ``unclaimed`` is the number of stored files that belong to no model or snapshot on record:
    what they were called, nothing tells.
    """

    models: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    missing: tuple[MissingFile, ...] = ()
    unclaimed: int = 0

    @property
    def is_whole(self) -> bool:
        """Say whether nothing had to be taken up and nothing is missing."""
        return not (self.models or self.snapshots or self.jobs or self.left_out or self.missing)
