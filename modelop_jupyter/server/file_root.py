"""Map paths of Jupyter's file browser to files below the server's root folder, and refuse others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelop_jupyter.errors import InvalidError
from modelop_jupyter.server.errors import OutsideRootError


@dataclass(frozen=True, slots=True)
class FileRoot:
    """The folder that the file browser shows; ``allow_hidden`` is the setting of its contents manager."""

    folder: Path
    allow_hidden: bool = False

    def resolve(self, path: str) -> Path:
        """Return the file or folder of an API path, which need not exist, with links resolved.

        Raises :class:`OutsideRootError` for one outside the root, also through links, and for a
        hidden one.
        """
        api_path = PurePosixPath(path)
        if api_path.is_absolute() or ".." in api_path.parts:
            raise OutsideRootError(path)
        root = self.folder.resolve()
        try:
            resolved = (root / api_path).resolve()
            resolved.exists()
        except (OSError, RuntimeError, ValueError):
            # A loop of links, or a name that the file system does not take.
            raise OutsideRootError(path) from None
        if not resolved.is_relative_to(root):
            raise OutsideRootError(path)
        parts = (*api_path.parts, *resolved.relative_to(root).parts)
        if not self.allow_hidden and any(part.startswith(".") for part in parts):
            raise OutsideRootError(path)
        return resolved

    def resolve_existing(self, path: str) -> Path:
        """Return the file or folder of an API path; raises :class:`InvalidError` if it is missing."""
        resolved = self.resolve(path)
        if not resolved.exists():
            raise InvalidError(f"{path}: no such file or folder", "Refresh the file browser")
        return resolved

    def to_api_path(self, path: str | Path) -> str | None:
        """Return the path of a file in the file browser, None where it does not show the file."""
        try:
            relative = Path(path).resolve().relative_to(self.folder.resolve())
        except (ValueError, OSError):
            return None
        is_hidden = any(part.startswith(".") for part in relative.parts)
        return None if is_hidden and not self.allow_hidden else relative.as_posix()
