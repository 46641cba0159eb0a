"""``export``: write a model or a snapshot in one of three formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.exchange import EXPORT_FORMATS, Exported, ExportFormatError
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.exchange import mlflow, modelop, repository
from modelop_jupyter.exchange.layout import Content, Layout
from modelop_jupyter.exchange.writing import write
from modelop_jupyter.registry.blobs import BlobStore

_FORMATS: Mapping[str, Callable[[Content, BlobStore], Layout]] = {
    "modelop": modelop.layout,
    "git": repository.layout,
    "mlflow": mlflow.layout,
}
_OTHER_ARCHIVES = (".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """Where an export is written, and in which format: a folder, or a zip of one."""

    path: Path
    format: str
    is_zip: bool

    @classmethod
    def parse(cls, path: str | Path, format: str) -> ExportTarget:
        """Check format and path; raises :class:`ExportFormatError` and :class:`InvalidError`."""
        if format not in EXPORT_FORMATS:
            raise ExportFormatError(format, EXPORT_FORMATS)
        target = Path(path).expanduser().absolute()
        is_zip = target.suffix.lower() == ".zip" and not target.is_dir()
        if target.suffix.lower() in _OTHER_ARCHIVES:
            raise InvalidError(
                f"{path}: this archive format is not supported", "Name a .zip, or a folder"
            )
        if is_zip and format != "modelop":
            raise InvalidError(f"{path}: the format {format} is a folder", "Name a folder")
        return cls(target, format, is_zip)

    def require_wheels(self) -> None:
        """Raise :class:`InvalidError` for a format that has no place for wheels."""
        if self.format != "modelop":
            raise InvalidError(
                f"an export of the format {self.format} has no wheels", "Leave out --wheels"
            )


def export(
    content: Content,
    target: ExportTarget,
    blobs: BlobStore,
    *,
    take_snapshot: Callable[[], Content],
) -> Exported:
    """Write a model or a snapshot in one format.

    ``take_snapshot`` returns the same content as a snapshot, for the formats that need one. Raises
    :class:`ExportTargetError` where something else is at the target, and :class:`InvalidError` for
    what a format cannot express.
    """
    if target.format == "mlflow":
        mlflow.score_function(content, blobs)
        content = take_snapshot()
    layout = _FORMATS[target.format](content, blobs)
    written = write(layout, target.path, blobs, as_zip=target.is_zip)
    return Exported(
        ref=content.ref,
        path=str(target.path),
        format=target.format,
        files=written.files,
        size=written.size,
        digest=content.state.digest,
        lock=layout.lock,
        was_there=written.was_there,
        notes=layout.notes,
        warnings=(*layout.warnings, *written.lost, *_passwords(content)),
    )


def _passwords(content: Content) -> list[str]:
    secrets = content.spec.requirements.secrets
    return [f"{where} holds a password, which goes wherever this goes" for where in secrets]
