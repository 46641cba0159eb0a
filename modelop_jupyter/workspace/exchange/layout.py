"""What an export writes: the files of a format, and what there is to say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import Model, ModelState, Snapshot
from modelop_jupyter.registry.blobs import BlobStore


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a layout: text that is made, or the stored bytes of a digest."""

    path: str
    content: bytes | str

    def write(self, root: Path, blobs: BlobStore) -> None:
        """Write the file below a folder."""
        target = root / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.content, bytes):
            target.write_bytes(self.content)
        else:
            blobs.copy_to(self.content, target)


def _nothing_more(folder: Path) -> Iterable[str]:  # noqa: ARG001 - as others are called
    return ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of an export in one format.

    ``lock`` is the digest of the lock that is among them; ``finish`` says what is lost in the
    folder that was written.
    """

    entries: tuple[Entry, ...]
    lock: str | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    finish: Callable[[Path], Iterable[str]] = _nothing_more


@dataclass(frozen=True, slots=True)
class Content:
    """What is exported: a model with the state of it or of a snapshot, and the lock it has."""

    ref: str
    model: Model
    snapshot: Snapshot | None
    lock: str | None

    @property
    def owner(self) -> Model | Snapshot:
        return self.snapshot or self.model

    @property
    def state(self) -> ModelState:
        return self.snapshot.state if self.snapshot else self.model.state


def stored(assets: Iterable[Asset], *, below: str = "") -> list[Entry]:
    """Return the assets as they are, each at its path below a folder."""
    return [Entry(f"{below}{asset.path}", asset.digest) for asset in assets]
