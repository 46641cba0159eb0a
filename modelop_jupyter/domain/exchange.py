"""Export and import of whole models: results and errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.reports import Registration
from modelop_jupyter.errors import ConflictError, InvalidError, nearest

EXPORT_FORMATS = ("modelop", "git", "mlflow")


@dataclass(frozen=True, slots=True)
class Exported:
    """The result of `export`: ``digest`` identifies the content, ``lock`` the locked packages.

    ``was_there`` is true if exactly these files existed already; ``notes`` explain the files,
    ``warnings`` name what they could not express.
    """

    ref: str
    path: str
    format: str
    files: int
    size: int
    digest: str
    lock: str | None
    was_there: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of `import`: the registered model and its snapshot; ``is_new`` if it was taken now."""

    registration: Registration
    snapshot: Snapshot
    is_new: bool


class ExportFormatError(InvalidError):
    """An unknown format of `export`."""

    code = "export_format"

    def __init__(self, format: str, known: Sequence[str]) -> None:
        close = nearest(format, known)
        guess = f"Did you mean {close!r}? " if close else ""
        super().__init__(
            f"{format!r} is not a format of export", guess + "The formats are: " + ", ".join(known)
        )
        self.format = format
        self.known = tuple(known)


class ExportTargetError(ConflictError):
    """The target of an export exists and holds something else."""

    code = "export_target"

    def __init__(self, path: str, *, is_folder: bool) -> None:
        what = "a folder that holds something else" if is_folder else "another file"
        super().__init__(f"{path} is {what}", "Name another place, or take that away first")
        self.path = path


class ImportSourceError(InvalidError):
    """A file or folder that is not an export of a model, or is damaged; nothing was changed."""

    code = "import_source"

    def __init__(self, path: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"{path} cannot be read as an export: {reason}", hint)
        self.path = path
        self.reason = reason
