"""An asset: a file that belongs to a model, known by its path below the asset root."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a model: where it lies below the asset root, what it is for, which bytes."""

    path: str
    role: AssetRole
    digest: str
    size: int

    @property
    def name(self) -> str:
        """The base name, as ModelOp Center shows it."""
        return PurePosixPath(self.path).name


def digest_of(data: bytes) -> str:
    """Return the name of these bytes in the blob store, ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def asset_path(text: str) -> str:
    """Return a path below the asset root in its one spelling (``a/b.txt``).

    Raises :class:`InvalidError` for a path that would leave the root.
    """
    path = PurePosixPath(text.replace("\\", "/"))
    parts = [part for part in path.parts if part != "."]
    if path.is_absolute() or ".." in parts or not parts or parts[0].endswith(":"):
        raise InvalidError(f"{text!r} is not a path below the model's folder")
    return "/".join(parts)
