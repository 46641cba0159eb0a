"""The content of an export, and the files that a format makes of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter, Lock
from modelop_jupyter.domain.models import Model, ModelState, Snapshot
from modelop_jupyter.domain.verification import VerificationSample
from modelop_jupyter.registry.blobs import BlobStore

if TYPE_CHECKING:
    from modelop_jupyter.environments.lock.wheels import LockedWheel


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an export: its own bytes, the digest of a stored file, or the path of another one."""

    path: str
    content: bytes | str | Path

    def write(self, root: Path, blobs: BlobStore) -> None:
        """Write the file below a folder."""
        target = root / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.content, bytes):
            target.write_bytes(self.content)
        elif isinstance(self.content, Path):
            shutil.copyfile(self.content, target)
        else:
            blobs.copy_to(self.content, target)


def _nothing_more(folder: Path) -> Iterable[str]:  # noqa: ARG001 - as others are called
    return ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of an export in one format.

    ``lock`` is the digest of the lock among them. ``finish`` is called with the written folder and
    returns what the format could not express.
    """

    entries: tuple[Entry, ...]
    lock: str | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    finish: Callable[[Path], Iterable[str]] = _nothing_more


@dataclass(frozen=True, slots=True)
class DownloadedWheels:
    """The wheels of a lock in a folder, and the packages that have ``none`` for its ``interpreter``."""

    interpreter: Interpreter
    folder: Path
    wheels: tuple[LockedWheel, ...]
    none: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What is exported: a model as it is now, or a snapshot of it.

    ``lock_digest`` names the stored lock. ``lock`` is that lock as it was resolved, None where the
    requirements (``spec``) were never resolved. ``aliases`` stand for it. ``sample`` is that of the last check, and ``wheels``
    are those of the lock, None for an export without them.
    """

    ref: str
    model: Model
    snapshot: Snapshot | None
    spec: EnvironmentSpec
    lock_digest: str | None
    lock: Lock | None
    aliases: tuple[str, ...] = ()
    sample: VerificationSample | None = None
    wheels: DownloadedWheels | None = None

    @property
    def owner(self) -> Model | Snapshot:
        return self.snapshot or self.model

    @property
    def state(self) -> ModelState:
        return self.snapshot.state if self.snapshot else self.model.state


def stored(assets: Iterable[Asset], *, below: str = "") -> list[Entry]:
    """Return the assets, each at its path below a folder."""
    return [Entry(f"{below}{asset.path}", asset.digest) for asset in assets]
