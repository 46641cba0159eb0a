"""The files that the server may show: those below its root folder, wherever a path pretends to be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelop_jupyter.errors import InvalidError
from modelop_jupyter.server.problems import OutsideError


@dataclass(frozen=True, slots=True)
class Root:
    """The folder that Jupyter's file browser shows; ``shows_hidden`` is Jupyter's own setting."""

    folder: Path
    shows_hidden: bool = False

    def resolve(self, path: str) -> Path:
        """Return the file or folder a path of the file browser names, with no link left in it.

        Raises :class:`OutsideError` for one that leads out, by whatever way, and for a hidden one.
        """
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts:
            raise OutsideError(path)
        root = self.folder.resolve()
        try:
            found = (root / pure).resolve()
            found.exists()
        except (OSError, RuntimeError, ValueError):
            # A circle of links, or a name that no file system takes.
            raise OutsideError(path) from None
        if not found.is_relative_to(root):
            raise OutsideError(path)
        if not self.shows_hidden and any(
            part.startswith(".") for part in (*pure.parts, *found.relative_to(root).parts)
        ):
            raise OutsideError(path)
        return found

    def existing(self, path: str) -> Path:
        """Return a file or folder that is there; raises :class:`InvalidError` for one that is not."""
        found = self.resolve(path)
        if not found.exists():
            raise InvalidError(f"{path}: no such file or folder", "Refresh the file browser")
        return found

    def shown(self, path: str | Path) -> str | None:
        """Return a path as the file browser shows it, None for one that it does not show."""
        try:
            found = Path(path).resolve().relative_to(self.folder.resolve())
        except (ValueError, OSError):
            return None
        is_hidden = any(part.startswith(".") for part in found.parts)
        return None if is_hidden and not self.shows_hidden else found.as_posix()
