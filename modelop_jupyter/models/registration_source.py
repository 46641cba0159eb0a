"""The source of a registration: its files in the blob store, and the functions that a job calls."""

from __future__ import annotations

import ast
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any
from warnings import catch_warnings, simplefilter

from modelop_jupyter.capture import Captured, capture, freezing, imports_of, notebook_cells
from modelop_jupyter.capture.names import bound_names, names_of
from modelop_jupyter.capture.selection import IPYTHON_NAMES
from modelop_jupyter.domain.assets import Asset, asset_path, check_tree
from modelop_jupyter.domain.models import (
    ENTRY_POINT_KINDS,
    EntryPoints,
    ModelState,
    nearest_function,
)
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.roles import AssetRole, role_for
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.domain.source_code.decorators import write_tags
from modelop_jupyter.domain.source_code.function_options import (
    FunctionOption,
    name_options,
    options_of_text,
)
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS, parse_source
from modelop_jupyter.domain.source_code.smart_tags import defined_functions, entry_points, scan
from modelop_jupyter.errors import AssetFileError, InvalidError, TagError
from modelop_jupyter.formats.placeholders import HEAD_BYTES, describe_placeholder
from modelop_jupyter.models.remote_assets import store_object
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.storage import is_address

# Placeholders of Git LFS, error pages and the like, which are searched for, are small.
_LARGEST_PLACEHOLDER = 1 << 20
_LARGEST_SOURCE = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the blob store; ``role`` is None where the user chose none.

    ``remote`` is the object that it was fetched from, if it was one.
    """

    path: str
    digest: str
    size: int
    role: AssetRole | None = None
    remote: ObjectState | None = None


@dataclass(frozen=True, slots=True)
class RegistrationSource:
    """What a new state of a model is made of.

    ``primary`` is the path of the file with the functions, ``text`` its content, None where there
    is none or it stays as it was. ``captured`` is set where it was made from cells. ``roles`` are
    those that the files themselves ask for, by path. With ``is_whole`` the files are the whole
    model, as those of a folder; with ``is_written`` the text is not as the user has it in a file.
    ``notebook`` is the file that the source was captured from, empty for a source that was not, and
    None where the source stays as it was or its file is not known.
    ``description``, ``tags``, ``metadata`` and ``python`` are None where the files say none.
    """

    files: tuple[StoredFile, ...] = ()
    primary: str | None = None
    entry_points: EntryPoints = field(default_factory=EntryPoints)
    text: str | None = None
    captured: Captured | None = None
    roles: Mapping[str, AssetRole] = field(default_factory=dict)
    is_whole: bool = False
    is_written: bool = False
    description: str | None = None
    tags: tuple[str, ...] | None = None
    python: str | None = None
    metadata: Mapping[str, Any] | None = None
    notebook: str | None = ""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def from_capture(name: str, captured: Captured, blobs: BlobStore) -> RegistrationSource:
    """Return functions captured from cells as one module that is named like the model."""
    data = captured.source.encode()
    path = name.replace("-", "_").replace(".", "_") + ".py"
    return RegistrationSource(
        files=(StoredFile(path, blobs.put(data), len(data)),),
        primary=path,
        entry_points=captured.entry_points,
        text=captured.source,
        captured=captured,
        notebook=str(captured.notebook.resolve()) if captured.notebook else None,
        warnings=(
            *captured.warnings,
            *scan(captured.source).warnings,
            *_without_job("the notebook", captured.entry_points, ()),
        ),
    )


def keep_frozen_lines(
    source: RegistrationSource, before: ModelState, blobs: BlobStore
) -> RegistrationSource:
    """Return a captured source that says of a value as the one before does which cell made it.

    The number of a cell changes when it runs again, and the model stays the same.
    """
    old = before.asset(before.primary_source) if before.primary_source else None
    captured = source.captured
    if old is None or captured is None or not (captured.frozen or captured.loaded):
        return source
    text = freezing.keep_frozen_lines(captured.source, decode_source(blobs.read(old.digest)))
    data = text.encode()
    primary = StoredFile(source.primary or "", blobs.put(data), len(data))
    files = (primary, *(file for file in source.files if file.path != source.primary))
    return replace(source, files=files, text=text, captured=replace(captured, source=text))


def from_file(
    path: Path,
    source: str | None,
    chosen: EntryPoints,
    blobs: BlobStore,
    *,
    within: Path | None = None,
) -> RegistrationSource:
    """Read a ``.py`` file or a notebook; raises :class:`InvalidError` for anything else.

    A path that lies outside of ``within``, if there is one, is not read. ``source`` must be None:
    it is for folders.
    """
    if not path.exists():
        raise InvalidError(
            f"{path}: no such file or folder", f"Relative paths start in {Path.cwd()}"
        )
    if source is not None:
        raise InvalidError(
            "--source goes with a folder", f"Leave it out: {path.name} is the source"
        )
    ending = path.suffix.lower()
    if ending == ".ipynb":
        digest, size = blobs.put_file(path, below=within)
        made = from_notebook(path.parent, path.name, blobs.read(digest), chosen, blobs)
        return replace(made, files=(*made.files, StoredFile(path.name, digest, size)))
    if ending not in PYTHON_ENDINGS:
        raise InvalidError(
            f"{path.name} is neither a .py file, a notebook nor a folder",
            "Register the source, and add other files with --asset",
        )
    return _from_python(path, chosen, blobs, within)


def _from_python(
    path: Path, chosen: EntryPoints, blobs: BlobStore, within: Path | None
) -> RegistrationSource:
    read = StoredFile(path.name, *blobs.put_file(path, below=within))
    file = without_decorators(read, blobs)
    text = decode_source(blobs.read(file.digest))
    points, warnings = choose_entry_points(text, path.name, chosen)
    return RegistrationSource(
        files=(file,),
        primary=path.name,
        entry_points=points,
        text=text,
        is_written=file != read,
        warnings=(*warnings, *_missing_neighbours(text, path)),
        notes=tags_written([read], [file]),
    )


def without_decorators(file: StoredFile, blobs: BlobStore) -> StoredFile:
    """Return a Python file that has tags in the place of this package's decorators.

    Other files, and bytes that are no UTF-8, stay as they are. Raises :class:`TagError` for decorators
    that contradict a tag, or that another function has taken the name of.
    """
    if not file.path.lower().endswith(PYTHON_ENDINGS) or file.size > _LARGEST_SOURCE:
        return file
    try:
        text = blobs.read(file.digest).decode("utf-8-sig")
    except UnicodeDecodeError:
        return file
    tagged = write_tags(text, file.path)
    if tagged == text:
        return file
    data = tagged.encode()
    return replace(file, digest=blobs.put(data), size=len(data))


def tags_written(before: Sequence[StoredFile], after: Sequence[StoredFile]) -> tuple[str, ...]:
    """Return a note that names the files in which tags were written for decorators."""
    changed = [new.path for old, new in zip(before, after, strict=True) if old != new]
    if not changed:
        return ()
    return (
        f"{listed(changed)}: tags stand in the place of the decorators, and their import is left out;"
        " lines keep their numbers.",
    )


def from_notebook(
    root: Path, name: str, data: bytes, chosen: EntryPoints, blobs: BlobStore
) -> RegistrationSource:
    """Capture the functions of a notebook below a folder, in a module that lies beside it."""
    cells = notebook_cells(data)
    captured = capture(cells, chosen=chosen, is_lenient=True, notebook=root / name)
    source = from_capture(Path(name).stem, captured, blobs)
    path = Path(name).with_suffix(".py").as_posix()
    return replace(source, files=(replace(source.files[0], path=path),), primary=path)


def from_state(before: ModelState, chosen: EntryPoints, blobs: BlobStore) -> RegistrationSource:
    """Keep the source of a model; functions that are ``chosen`` replace those it had."""
    primary, points = before.primary_source, before.entry_points
    warnings: tuple[str, ...] = ()
    asset = before.asset(primary) if primary else None
    if asset is not None and chosen != EntryPoints():
        text = decode_source(blobs.read(asset.digest))
        points, warnings = choose_entry_points(text, asset.path, points.merged(chosen))
    return RegistrationSource(
        primary=primary, entry_points=points, notebook=None, warnings=warnings
    )


def from_assets(
    before: ModelState, assets: Sequence[StoredFile], blobs: BlobStore
) -> RegistrationSource:
    """Keep the source of a model, unless its file is among the assets: its tags are read again then."""
    source = RegistrationSource(
        primary=before.primary_source, entry_points=before.entry_points, notebook=None
    )
    changed = next((asset for asset in assets if asset.path == before.primary_source), None)
    if changed is None:
        return source
    text = decode_source(blobs.read(changed.digest))
    points, warnings = choose_entry_points(text, changed.path, EntryPoints())
    return replace(source, entry_points=points, warnings=warnings, notebook="")


def store_assets(
    assets: Sequence[str | Path | tuple[str | Path, str | None]],
    blobs: BlobStore,
    *,
    folder: Path | None = None,
    within: Path | None = None,
) -> tuple[StoredFile, ...]:
    """Store the files that a user names as assets, each alone or with its role.

    A relative path keeps its folders, as models open ``binaries/net.h5``; any other becomes its
    base name, that of an object at an address, too. Relative ones begin in ``folder``, or in the working directory, and all lie
    ``within``. Raises :class:`AssetFileError` for what cannot be read, or only stands for a file.
    """
    stored = []
    for asset in assets:
        file, word = asset if isinstance(asset, tuple) else (asset, None)
        role = AssetRole.parse(word) if word else None
        if isinstance(file, str) and is_address(file):
            name, digest, size, remote = store_object(file, blobs)
            stored.append(StoredFile(asset_path(name), digest, size, role, remote))
            continue
        path = (folder or Path()) / Path(file).expanduser()
        digest, size = blobs.put_file(path, below=within)
        if size <= _LARGEST_PLACEHOLDER:
            placeholder = describe_placeholder(path.name, blobs.read(digest)[:HEAD_BYTES])
            if placeholder is not None:
                raise AssetFileError(str(file), *placeholder)
        pure = PurePath(file)
        is_below = not pure.is_absolute() and ".." not in pure.parts and str(file)[:1] != "~"
        name = asset_path(pure.as_posix()) if is_below else path.name
        stored.append(without_decorators(StoredFile(name, digest, size, role), blobs))
    return tuple(stored)


def new_state(
    before: ModelState,
    source: RegistrationSource,
    assets: Sequence[StoredFile],
    python: str | None,
) -> ModelState:
    """Return the state of a model with a new source and more assets.

    A role chosen for a path stays with it when the file is registered again. Assets that were added
    stay too, unless a folder was registered, which is the whole model.
    """
    old = {asset.path: asset for asset in before.assets}
    new = {} if source.is_whole else dict(old)
    if before.primary_source != source.primary and before.primary_source:
        new.pop(before.primary_source, None)
    for file in source.files:
        named = source.roles.get(file.path)
        role = old[file.path].role if file.path in old else named or role_for(file.path)
        new[file.path] = Asset(file.path, role, file.digest, file.size)
    for file in assets:
        role = file.role or (old[file.path].role if file.path in old else role_for(file.path))
        new[file.path] = Asset(file.path, role, file.digest, file.size, file.remote)
    check_tree(new)
    return ModelState(
        assets=tuple(sorted(new.values(), key=lambda asset: asset.path)),
        primary_source=source.primary,
        entry_points=source.entry_points,
        python=python or source.python or before.python,
        as_of=before.as_of,
    )


def choose_entry_points(
    text: str, where: str, chosen: EntryPoints
) -> tuple[EntryPoints, tuple[str, ...]]:
    """Return the functions of a source, the user's choice first, and warnings about its text.

    Raises :class:`TagError` for tags that select nothing or twice where the user did not choose,
    :class:`InvalidError` for a chosen function that is not there.
    """
    functions = defined_functions(text)
    for kind in ENTRY_POINT_KINDS:
        name = chosen.get(kind)
        if name is not None and name not in functions:
            raise InvalidError(
                f"--{kind} {name}: {where} has no such function", nearest_function(name, functions)
            )
    try:
        tagged = entry_points(text, where=where)
    except TagError:
        kinds = {function.kind for function in scan(text).functions}
        if not all(chosen.get(kind) for kind in kinds):
            raise
        tagged = EntryPoints()
    points = tagged.merged(chosen)
    warnings = list(scan(text).warnings)
    warnings += _without_job(where, points, options_of_text(text))
    return points, (*warnings, *_syntax_errors(text, where), *_ipython_names(text, where))


def _without_job(
    where: str, points: EntryPoints, options: Sequence[FunctionOption]
) -> Iterator[str]:
    """Warn of a source that no job can call, and name the functions that may be meant."""
    if not points.has_job:
        candidates = name_options(options)
        what = "score, metrics or train function" if points.init else "function"
        yield (
            f"{where} has no {what} under a smart tag: write '# modelop.score' above the one to"
            " call, or name it with --score FN" + (f"; {candidates}" if candidates else "")
        )


def decode_source(data: bytes) -> str:
    """Return the text of a Python file; bytes that are no UTF-8 are replaced."""
    return data.decode("utf-8-sig", "replace")


def _ipython_names(text: str, where: str) -> Iterator[str]:
    """Name what an exported notebook expects of IPython, unless the source catches NameError."""
    if "NameError" in text or not any(name in text for name in IPYTHON_NAMES):
        return
    tree = parse_source(text)
    if tree is None:
        return
    bound = bound_names(tree.body)
    for use in names_of(tree).references:
        if use.name in IPYTHON_NAMES - bound and not use.is_optional:
            yield (
                f"{where}, line {use.line}: {use.name!r} is a name of IPython, which the model's"
                " runtime does not have"
            )


def _syntax_errors(text: str, where: str) -> list[str]:
    """Say what this Python cannot read; the model's own may be another version (spec 13.1)."""
    try:
        with catch_warnings():
            simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        place, reason = f"{where}, line {error.lineno}", error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        place, reason = where, str(error)
    else:
        return []
    return [f"{place}: Python {platform.python_version()} cannot read it ({reason})"]


def _missing_neighbours(text: str, path: Path) -> Iterator[str]:
    """Warn of imports that lie beside a single source file and so are not registered with it."""
    for item in imports_of(text):
        for beside in (path.parent / f"{item.module}.py", path.parent / item.module):
            if beside.exists() and beside != path:
                yield (
                    f"{path.name}, line {item.line} imports {item.module!r}, which lies beside it and"
                    f" is not part of the model: register the folder, or add it with --asset"
                )
                break
