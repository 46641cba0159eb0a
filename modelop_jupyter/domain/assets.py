"""Assets: the files of a model, each identified by its path below the asset root."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.files import hash_stream
from modelop_jupyter.safe_open import open_regular

# What file systems allow for one name.
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a model: its path below the asset root, its role, and the digest and size of its bytes.

    ``remote`` is the object that it was added from; it is no part of what the asset is.
    """

    path: str
    role: AssetRole
    digest: str
    size: int
    remote: ObjectState | None = field(default=None, compare=False, metadata=OPTIONAL)

    @property
    def name(self) -> str:
        """The base name, as ModelOp Center shows it."""
        return PurePosixPath(self.path).name


def digest_of(data: bytes) -> str:
    """Return the name of these bytes in the blob store, ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    """Say whether a text is the name of bytes in the blob store."""
    return re.fullmatch("sha256:[0-9a-f]{64}", text) is not None


def digest_of_file(path: Path) -> str:
    """Return the digest of a regular file's bytes; raises :class:`OSError`."""
    with open_regular(path) as file:
        return "sha256:" + hash_stream(file).hexdigest()


def asset_path(text: str) -> str:
    """Return a path below the asset root in canonical form (``a/b.txt``).

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
    """Raise :class:`InvalidError` for paths that cannot all exist in one folder, such as ``a`` and ``a/b``."""
    known = {*paths}
    for path in sorted(known):
        for folder in PurePosixPath(path).parents:
            if str(folder) in known:
                raise InvalidError(
                    f"{folder} is a file, and also the folder of {path}", "Rename one of them"
                )
