"""The result of ``repair``: what was restored to the registry from the job folders."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelop_jupyter.domain.kernels import InstalledKernel
from modelop_jupyter.domain.wire import OPTIONAL


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A job folder, or a part of it, that could not be restored."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A file or lock of a model or snapshot whose content is missing from the blob store."""

    owner: str
    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A file or lock of a model or snapshot that is not in this home, but in ``place``."""

    owner: str
    path: str
    place: str


@dataclass(frozen=True, slots=True)
class Sharing:
    """What of the models and jobs of several homes is where; ``blobs`` and ``jobs`` are shared now."""

    elsewhere: tuple[Elsewhere, ...] = ()
    blobs: int = 0
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repair:
    """What was restored, and what could not be; all empty if nothing was missing.

    ``unclaimed`` is the number of stored files that belong to no model or snapshot on record; their
    names are not known. ``sharing`` is None in a registry of one home. ``kernels`` are kernel specs
    that cannot start any more; they are left as they are.
    """

    models: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    missing: tuple[MissingFile, ...] = ()
    unclaimed: int = 0
    sharing: Sharing | None = field(default=None, metadata=OPTIONAL)
    kernels: tuple[InstalledKernel, ...] = field(default=(), metadata=OPTIONAL)

    @property
    def is_whole(self) -> bool:
        """Say whether nothing was restored and nothing is missing."""
        return not (self.models or self.snapshots or self.jobs or self.left_out or self.missing)
