"""``export``: a model or a snapshot, written as one format's files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from modelop_jupyter.domain.exchange import EXPORT_FORMATS, Exported
from modelop_jupyter.domain.exchange_errors import ExportFormatError
from modelop_jupyter.domain.models import ModelRef
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs.environment import put_lock
from modelop_jupyter.workspace.exchange import mlflow, modelop, repository
from modelop_jupyter.workspace.exchange.layout import Content, Layout
from modelop_jupyter.workspace.exchange.writing import write
from modelop_jupyter.workspace.home import Home

_FORMATS: Mapping[str, Callable[[Content, Home], Layout]] = {
    "modelop": modelop.layout,
    "git": repository.layout,
    "mlflow": mlflow.layout,
}
_OTHER_ARCHIVES = (".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")


def export(ref: str, path: str | Path, format: str, home: Home) -> Exported:
    """Write what a reference names to a file that ends in ``.zip``, or to a folder."""
    if format not in EXPORT_FORMATS:
        raise ExportFormatError(format, EXPORT_FORMATS)
    target = Path(path).expanduser().absolute()
    as_zip = target.suffix.lower() == ".zip" and not target.is_dir()
    if target.suffix.lower() in _OTHER_ARCHIVES:
        raise InvalidError(f"{path}: no such archive is written", "Name a .zip, or a folder")
    if as_zip and format != "modelop":
        raise InvalidError(f"{path}: the format {format} is a folder", "Name a folder")
    content = _content(ref, home)
    layout = _FORMATS[format](content, home)
    written = write(layout, target, home.blobs, as_zip=as_zip)
    return Exported(
        ref=str(ModelRef.parse(ref)),
        path=str(target),
        format=format,
        files=written.files,
        size=written.size,
        digest=content.state.digest,
        lock=layout.lock,
        was_there=written.was_there,
        notes=layout.notes,
        warnings=(*layout.warnings, *written.lost, *_passwords(content, home)),
    )


def _content(ref: str, home: Home) -> Content:
    model, snapshot = home.find(ref)
    if snapshot is not None:
        snapshot = home.environments.remember(snapshot)
        return Content(ref, model, snapshot, snapshot.lock)
    lock = model.lock
    if lock is None and (known := home.environments.known_lock(model)):
        lock = put_lock(known, home.blobs)
    return Content(ref, model, None, lock)


def _passwords(content: Content, home: Home) -> list[str]:
    secrets = home.environments.spec(content.owner).requirements.secrets
    return [f"{where} holds a password, which goes wherever this goes" for where in secrets]
