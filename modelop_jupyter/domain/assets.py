"""An asset: a file that belongs to a model, known by its path below the asset root."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import InvalidError

# What file systems allow for one name.
_LONGEST = 255


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
    for part in parts:
        if (size := len(part.encode("utf-8", "surrogateescape"))) > _LONGEST:
            raise InvalidError(
                f"{part[:40]}… is a name of {size} bytes, and {_LONGEST} are allowed",
                "Give the file or folder a shorter name",
            )
    return "/".join(parts)


def check_tree(paths: Iterable[str]) -> None:
    """Refuse paths that cannot lie in one folder; raises :class:`InvalidError`."""
    known = {*paths}
    for path in sorted(known):
        for folder in PurePosixPath(path).parents:
            if str(folder) in known:
                raise InvalidError(
                    f"{folder} is a file, and also the folder of {path}", "Rename one of them"
                )
