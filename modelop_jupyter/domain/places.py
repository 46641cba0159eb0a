"""Where files lie when several homes use one registry: in one of the homes, or at an address they share."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

_NAMESPACE = uuid.UUID("7d0c3c7e-58f1-4c0b-9d43-6a5b6f6d8a11")


@dataclass(frozen=True, slots=True)
class Place:
    """A home folder on a host, or an address without one."""

    path: str
    host: str | None = None

    def __str__(self) -> str:
        return f"{self.path} on {self.host}" if self.host else self.path

    @property
    def id(self) -> str:
        """The same for the same place in every process."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.host or ''}\n{self.path}"))


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file of an ended job by its name in the job's folder.

    ``digest`` is None where it was too large to be put to the shared address.
    """

    name: str
    size: int
    digest: str | None = None


def described(places: Iterable[Place]) -> str:
    """Return places as a part of a sentence; empty without any."""
    return " and ".join(sorted(map(str, places)))
