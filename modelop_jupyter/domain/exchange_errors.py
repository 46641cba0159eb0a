"""The errors of `export` and `import`: branches of the one tree in ``errors``."""

from __future__ import annotations

from collections.abc import Sequence

from modelop_jupyter.errors import ConflictError, InvalidError, nearest


class ExportFormatError(InvalidError):
    """A word that is no format of `export`."""

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
    """Something else lies where an export was to be written."""

    code = "export_target"

    def __init__(self, path: str, *, is_folder: bool) -> None:
        what = "a folder that holds something else" if is_folder else "another file"
        super().__init__(f"{path} is {what}", "Name another place, or take that away first")
        self.path = path


class ImportSourceError(InvalidError):
    """A file or folder that is no export of a model, or a damaged one; nothing was changed."""

    code = "import_source"

    def __init__(self, path: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"{path} cannot be imported: {reason}", hint)
        self.path = path
        self.reason = reason
