"""A folder as a model, as ModelOp Center imports a repository (spec 5.3, 5.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from modelop_jupyter.capture import notebook_cells
from modelop_jupyter.domain.assets import asset_path
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.source_code.decorators import tag_texts
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS, primary_source
from modelop_jupyter.domain.source_code.smart_tags import defined_functions, scan
from modelop_jupyter.errors import AssetFileError, InvalidError, LinkOutsideError
from modelop_jupyter.models import repository_manifest
from modelop_jupyter.models.mlflow_folder import (
    from_mlflow,
    is_mlflow_model,
    require_no_model_below,
)
from modelop_jupyter.models.registration_source import (
    RegistrationSource,
    StoredFile,
    choose_entry_points,
    decode_source,
    from_notebook,
    tags_written,
    without_decorators,
)
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.safe_open import LinkError, resolve_below

_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "venv"})


def from_folder(
    root: Path,
    source: str | None,
    chosen: EntryPoints,
    blobs: BlobStore,
    *,
    follow_links: bool = False,
    within: Path | None = None,
) -> RegistrationSource:
    """Read every file of a folder; ``source`` is its primary source where several could be.

    A model of MLflow's is read as that, unless a source is named. Raises :class:`LinkOutsideError`
    for links that lead out of the folder, unless ``follow_links``. Nothing is read that does not lie
    ``within`` that folder, if there is one.
    """
    below = within or (None if follow_links else root)
    files, warnings = _store(root, _files_below(root, follow_links=follow_links), blobs, below)
    if source is None and is_mlflow_model(root):
        model = from_mlflow(root, tuple(files), chosen, blobs)
        return replace(model, warnings=(*warnings, *model.warnings))
    read, files = files, [without_decorators(file, blobs) for file in files]
    texts = {
        file.path: decode_source(blobs.read(file.digest))
        for file in files
        if file.path.lower().endswith(PYTHON_ENDINGS)
    }
    notebooks = {
        file.path: blobs.read(file.digest) for file in files if file.path.lower().endswith(".ipynb")
    }
    if source is None:
        require_no_model_below(root, tuple(files), iter((*texts, *notebooks)))
    primary = _primary(texts, notebooks, source, chosen)
    manifest = repository_manifest.read({file.path: file.digest for file in files}, blobs)
    folder = RegistrationSource(
        files=tuple(files),
        primary=primary,
        roles=manifest.roles,
        is_whole=True,
        is_written=any(
            new != old and new.path == primary for old, new in zip(read, files, strict=True)
        ),
        description=manifest.description,
        tags=manifest.tags,
        metadata=manifest.custom,
        warnings=(*warnings, *manifest.warnings),
        notes=tags_written(read, files),
    )
    if primary in notebooks:
        captured = from_notebook(root, primary, notebooks[primary], chosen, blobs)
        return _with_captured(folder, captured)
    return _with_entry_points(folder, texts, chosen)


def _with_entry_points(
    folder: RegistrationSource, texts: Mapping[str, str], chosen: EntryPoints
) -> RegistrationSource:
    """Return a folder with the functions of its primary source, a Python file if there is one."""
    primary = folder.primary
    if primary is None:
        warning = "no source with smart tags was found: name the primary one with --source FILE"
        return replace(folder, warnings=(*folder.warnings, warning))
    points, odd = choose_entry_points(texts[primary], primary, chosen)
    return replace(
        folder,
        entry_points=points,
        text=texts[primary],
        warnings=(*folder.warnings, *odd),
    )


def _store(
    root: Path, paths: Iterable[Path], blobs: BlobStore, below: Path | None
) -> tuple[list[StoredFile], list[str]]:
    """Store the files of a folder; return them, and warnings of those that cannot be read."""
    files: list[StoredFile] = []
    warnings: list[str] = []
    for path in paths:
        try:
            stored = blobs.put_file(path, below=below)
            files.append(StoredFile(path.relative_to(root).as_posix(), *stored))
        except AssetFileError as error:
            warnings.append(str(error))
    if not files:
        raise InvalidError(f"{root}: the folder holds no files")
    return files, warnings


def _with_captured(folder: RegistrationSource, captured: RegistrationSource) -> RegistrationSource:
    """Return a folder with the module that was captured from one of its notebooks."""
    return replace(
        folder,
        files=(*folder.files, *captured.files),
        primary=captured.primary,
        entry_points=captured.entry_points,
        text=captured.text,
        captured=captured.captured,
        notebook=captured.notebook,
        warnings=(*folder.warnings, *captured.warnings),
    )


def _primary(
    texts: Mapping[str, str],
    notebooks: Mapping[str, bytes],
    source: str | None,
    chosen: EntryPoints,
) -> str | None:
    """Return the primary source; a notebook only where it is named or no Python file is tagged.

    One without tags counts where there is no Python file and it has ``action`` or what was chosen.
    """
    named = None if source is None else asset_path(source)
    if named in notebooks:
        return named
    if named is None and notebooks and not any(scan(text).functions for text in texts.values()):
        codes = {path: _code(data) for path, data in notebooks.items()}
        tagged = {path: code for path, code in codes.items() if scan(code).functions}
        if tagged:
            return primary_source(tagged)
        wanted = {"action", chosen.score, chosen.metrics, chosen.train}
        fitting = {
            path: code for path, code in codes.items() if wanted & {*defined_functions(code)}
        }
        if fitting and not texts:
            return primary_source(fitting)
    return primary_source(texts, named)


def _code(data: bytes) -> str:
    try:
        cells = tag_texts([(cell.where, cell.source) for cell in notebook_cells(data)])
        return "\n\n".join(cell.text for cell in cells)
    except InvalidError:
        return ""


def _files_below(root: Path, *, follow_links: bool) -> list[Path]:
    """Return the files of a folder in order, without hidden ones, caches and environments.

    Links within the folder are followed, and those that lead out of it only with ``follow_links``.
    """
    files: list[Path] = []
    leaving: list[str] = []
    waiting: list[tuple[Path, tuple[Path, ...]]] = [(root, (root.resolve(),))]
    while waiting:
        folder, above = waiting.pop()
        folders = []
        try:
            paths = sorted(folder.iterdir())
        except OSError:
            files.append(folder)  # opening it says why it cannot be read
            continue
        for path in paths:
            if path.name.startswith("."):
                continue
            if path.is_symlink() and not follow_links and not _stays_below(root, path):
                leaving.append(path.relative_to(root).as_posix())
            elif not path.is_dir():
                files.append(path)
            elif path.name not in _SKIPPED_FOLDERS and not (path / "pyvenv.cfg").exists():
                folders.append(path)
        for path in reversed(folders):
            real = path.resolve()
            # A link to a folder that it lies in has no end.
            if real not in above:
                waiting.append((path, (*above, real)))
    if leaving:
        raise LinkOutsideError(str(root), leaving)
    return files


def _stays_below(root: Path, path: Path) -> bool:
    try:
        resolve_below(root, path)
    except LinkError:
        return False
    return True
