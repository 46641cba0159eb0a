"""What a registration brings: files, their roles, the primary source and its functions."""

from __future__ import annotations

import ast
import dataclasses
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from warnings import catch_warnings, simplefilter

from modelop_jupyter.capture import Captured, capture, imports_of, notebook_cells
from modelop_jupyter.capture.bindings import bound_names
from modelop_jupyter.capture.names import names_of
from modelop_jupyter.capture.selection import OF_IPYTHON
from modelop_jupyter.domain.assets import Asset, asset_path, check_tree
from modelop_jupyter.domain.models import (
    ENTRY_POINT_KINDS,
    EntryPoints,
    ModelState,
    nearest_function,
)
from modelop_jupyter.domain.roles import AssetRole, role_for
from modelop_jupyter.domain.smart_tags import defined_functions, entry_points, scan
from modelop_jupyter.domain.sources import PYTHON_ENDINGS, primary_source
from modelop_jupyter.errors import AssetFileError, InvalidError, LinkOutsideError, TagError
from modelop_jupyter.formats.stand_ins import HEAD, stand_in
from modelop_jupyter.opening import LinkError, real_below
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace import manifests

_LARGEST_PAGE = 1 << 20
_LEFT_OUT = frozenset({"__pycache__", "node_modules", "venv"})


@dataclass(frozen=True, slots=True)
class Materials:
    """The parts of a new state; ``is_whole`` when they are all of it, as of a folder.

    ``notebook`` is the file that the source was captured from, empty for a source that was not,
    and None where the source stays as it was or nobody knows what file has its cells. ``captured``
    is what was captured, and ``notes`` what there is to say of it.
    """

    files: tuple[tuple[str, str, int], ...] = ()
    primary: str | None = None
    entry_points: EntryPoints = field(default_factory=EntryPoints)
    source: str | None = None
    is_captured: bool = False
    roles: Mapping[str, AssetRole] = field(default_factory=dict)
    is_whole: bool = False
    warnings: tuple[str, ...] = ()
    description: str | None = None
    tags: tuple[str, ...] | None = None
    notebook: str | None = ""
    captured: Captured | None = None
    notes: tuple[str, ...] = ()


def of_capture(name: str, captured: Captured, blobs: BlobStore) -> Materials:
    """Return the materials of functions captured from cells: one module, named like the model."""
    data = captured.source.encode()
    path = name.replace("-", "_").replace(".", "_") + ".py"
    return Materials(
        files=((path, blobs.put(data), len(data)),),
        primary=path,
        entry_points=captured.entry_points,
        source=captured.source,
        is_captured=True,
        warnings=(*captured.warnings, *scan(captured.source).warnings),
        notebook=str(captured.notebook.resolve()) if captured.notebook else None,
        captured=captured,
    )


def of_path(
    path: Path,
    source: str | None,
    chosen: EntryPoints,
    blobs: BlobStore,
    *,
    follow_links: bool = False,
    within: Path | None = None,
) -> Materials:
    """Return the materials of a ``.py`` or ``.ipynb`` file, or of a folder.

    Raises :class:`LinkOutsideError` for a folder with links that lead out of it, unless
    ``follow_links``, and :class:`InvalidError` for anything else. Nothing is read that does not lie
    ``within`` that folder, if there is one.
    """
    if path.is_dir():
        below = within or (None if follow_links else path)
        return _of_folder(
            path, source, chosen, blobs, _walk(path, follow_links=follow_links), below
        )
    if not path.exists():
        raise InvalidError(f"{path}: no such file or folder", f"Paths begin in {Path.cwd()}")
    if source is not None:
        raise InvalidError(
            "--source goes with a folder", f"Leave it out: {path.name} is the source"
        )
    ending = path.suffix.lower()
    if ending == ".ipynb":
        digest, size = blobs.put_file(path, below=within)
        captured = _of_notebook(path.parent, path.name, blobs.read(digest), chosen, blobs)
        return dataclasses.replace(captured, files=(*captured.files, (path.name, digest, size)))
    if ending not in PYTHON_ENDINGS:
        raise InvalidError(
            f"{path.name} is neither a .py file, a notebook nor a folder",
            "Register the source, and add other files with --asset",
        )
    digest, size = blobs.put_file(path, below=within)
    text = blobs.read(digest).decode("utf-8-sig", "replace")
    points, warnings = points_of(text, path.name, chosen)
    return Materials(
        files=((path.name, digest, size),),
        primary=path.name,
        entry_points=points,
        source=text,
        warnings=(*warnings, *_missing_neighbours(text, path)),
    )


def of_state(before: ModelState, chosen: EntryPoints, blobs: BlobStore) -> Materials:
    """Return the materials of a model that keeps its source, with functions chosen anew."""
    primary, points = before.primary_source, before.entry_points
    warnings: tuple[str, ...] = ()
    source = before.asset(primary) if primary else None
    if source is not None and chosen != EntryPoints():
        text = blobs.read(source.digest).decode("utf-8-sig", "replace")
        points, warnings = points_of(text, source.path, points.merged(chosen))
    return Materials(primary=primary, entry_points=points, warnings=warnings, notebook=None)


def of_assets(
    before: ModelState, given: Sequence[tuple[str, AssetRole | None, str, int]], blobs: BlobStore
) -> Materials:
    """Return the materials of a model that keeps its source, unless that is one of the files given."""
    made = Materials(primary=before.primary_source, entry_points=before.entry_points, notebook=None)
    source = next((each for each in given if each[0] == before.primary_source), None)
    if source is None:
        return made
    path, _, digest, _ = source
    text = blobs.read(digest).decode("utf-8-sig", "replace")
    points, odd = points_of(text, path, EntryPoints())
    return dataclasses.replace(made, entry_points=points, warnings=odd, notebook="")


def points_of(text: str, where: str, chosen: EntryPoints) -> tuple[EntryPoints, tuple[str, ...]]:
    """Return the functions of a source, the user's choice first, and what is odd about it.

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
        found = entry_points(text, where=where)
    except TagError:
        tagged = {each.kind for each in scan(text).functions}
        if not all(chosen.get(kind) for kind in tagged):
            raise
        found = EntryPoints()
    points = found.merged(chosen)
    warnings = list(scan(text).warnings)
    if points == EntryPoints():
        warnings.append(
            f"{where} has no function under a smart tag: write '# modelop.score' above the one to"
            " call, or name it with --score FN"
        )
    return points, (*warnings, *_syntax_errors(text, where), *_of_ipython(text, where))


def _of_ipython(text: str, where: str) -> Iterator[str]:
    """Name what an exported notebook expects of IPython; a source that catches NameError knows."""
    if "NameError" in text or not any(name in text for name in OF_IPYTHON):
        return
    try:
        with catch_warnings():
            simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    bound = bound_names(tree.body)
    for use in names_of(tree).uses:
        if use.name in OF_IPYTHON - bound and not use.is_soft:
            yield (
                f"{where}, line {use.line}: {use.name!r} is a name of IPython, which the model's"
                " runtime does not have"
            )


def _syntax_errors(text: str, where: str) -> list[str]:
    """Say what this Python cannot read; the model's own may be another (spec 13.1)."""
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


def assets_of(
    given: Sequence[str | Path | tuple[str | Path, str | None]],
    blobs: BlobStore,
    *,
    folder: Path | None = None,
    within: Path | None = None,
) -> list[tuple[str, AssetRole | None, str, int]]:
    """Read the files a user names as assets; returns path below the root, role, digest, size.

    A relative path keeps its folders, as models open ``binaries/net.h5``; any other becomes its
    base name. Relative ones begin in ``folder``, or where the process is, and all lie ``within``.
    """
    found = []
    for each in given:
        file, word = each if isinstance(each, tuple) else (each, None)
        role = AssetRole.parse(word) if word else None
        path = (folder or Path()) / Path(file).expanduser()
        digest, size = blobs.put_file(path, below=within)
        if size <= _LARGEST_PAGE:
            found_instead = stand_in(path.name, blobs.read(digest)[:HEAD])
            if found_instead is not None:
                raise AssetFileError(str(file), *found_instead)
        pure = PurePath(file)
        is_below = not pure.is_absolute() and ".." not in pure.parts and str(file)[:1] != "~"
        found.append((asset_path(pure.as_posix()) if is_below else path.name, role, digest, size))
    return found


def state_of(
    before: ModelState,
    materials: Materials,
    given: Sequence[tuple[str, AssetRole | None, str, int]],
    python: str | None,
) -> ModelState:
    """Return the new state: the materials over what was there.

    A role chosen for a path stays with it, whoever brings the file again. Assets that were added
    stay too, unless a folder was registered, which is the whole model.
    """
    old = {asset.path: asset for asset in before.assets}
    kept = {} if materials.is_whole else dict(old)
    if before.primary_source != materials.primary and before.primary_source:
        kept.pop(before.primary_source, None)
    for path, digest, size in materials.files:
        named = materials.roles.get(path)
        role = old[path].role if path in old else named or role_for(path)
        kept[path] = Asset(path, role, digest, size)
    for path, chosen, digest, size in given:
        role = chosen or (old[path].role if path in old else role_for(path))
        kept[path] = Asset(path, role, digest, size)
    check_tree(kept)
    return ModelState(
        assets=tuple(sorted(kept.values(), key=lambda asset: asset.path)),
        primary_source=materials.primary,
        entry_points=materials.entry_points,
        python=python or before.python,
    )


def _of_notebook(
    root: Path, name: str, data: bytes, chosen: EntryPoints, blobs: BlobStore
) -> Materials:
    cells = notebook_cells(data)
    captured = capture(cells, chosen=chosen, is_lenient=True, notebook=root / name)
    materials = of_capture(Path(name).stem, captured, blobs)
    path = Path(name).with_suffix(".py").as_posix()
    (_, digest, size), *_ = materials.files
    return dataclasses.replace(materials, files=((path, digest, size),), primary=path)


def _of_folder(
    root: Path,
    source: str | None,
    chosen: EntryPoints,
    blobs: BlobStore,
    paths: Sequence[Path],
    below: Path | None,
) -> Materials:
    """Take every file of a folder, as ModelOp Center imports a repository (spec 5.3, 5.4)."""
    files: list[tuple[str, str, int]] = []
    warnings: list[str] = []
    for path in paths:
        try:
            files.append((path.relative_to(root).as_posix(), *blobs.put_file(path, below=below)))
        except AssetFileError as error:
            warnings.append(str(error))
    if not files:
        raise InvalidError(f"{root}: the folder holds no files")
    digests = {path: digest for path, digest, _ in files}
    texts = {
        path: blobs.read(digest).decode("utf-8-sig", "replace")
        for path, digest in digests.items()
        if path.lower().endswith(PYTHON_ENDINGS)
    }
    notebooks = {
        path: blobs.read(digest)
        for path, digest in digests.items()
        if path.lower().endswith(".ipynb")
    }
    primary = _choose(texts, notebooks, source, chosen)
    manifest = manifests.read(digests, blobs)
    warnings += manifest.warnings
    materials = Materials(
        files=tuple(files),
        roles=manifest.roles,
        is_whole=True,
        description=manifest.description,
        tags=manifest.tags,
    )
    if primary in notebooks:
        captured = _of_notebook(root, primary, notebooks[primary], chosen, blobs)
        return dataclasses.replace(
            materials,
            files=(*materials.files, *captured.files),
            primary=captured.primary,
            entry_points=captured.entry_points,
            source=captured.source,
            is_captured=True,
            warnings=(*warnings, *captured.warnings),
            notebook=captured.notebook,
            captured=captured.captured,
        )
    if primary is None:
        warnings.append(
            "no source with smart tags was found: name the primary one with --source FILE"
        )
        return dataclasses.replace(materials, warnings=tuple(warnings))
    points, odd = points_of(texts[primary], primary, chosen)
    return dataclasses.replace(
        materials,
        primary=primary,
        entry_points=points,
        source=texts[primary],
        warnings=(*warnings, *odd),
    )


def _choose(
    texts: dict[str, str], notebooks: dict[str, bytes], source: str | None, chosen: EntryPoints
) -> str | None:
    """Return the primary source; a notebook only where it is named or no Python file is tagged.

    One without tags counts where there is no Python file and it has ``action`` or what was chosen.
    """
    wanted = None if source is None else asset_path(source)
    if wanted in notebooks:
        return wanted
    if wanted is None and notebooks and not any(scan(text).functions for text in texts.values()):
        codes = {path: _code(data) for path, data in notebooks.items()}
        tagged = {path: text for path, text in codes.items() if scan(text).functions}
        if tagged:
            return primary_source(tagged)
        wished = {"action", chosen.score, chosen.metrics, chosen.train}
        named = {path: t for path, t in codes.items() if wished & {*defined_functions(t)}}
        if named and not texts:
            return primary_source(named)
    return primary_source(texts, wanted)


def _code(data: bytes) -> str:
    try:
        return "\n\n".join(cell.source for cell in notebook_cells(data))
    except InvalidError:
        return ""


def _walk(root: Path, *, follow_links: bool) -> list[Path]:
    """Return the files of a folder in order, without hidden ones, caches and environments.

    Links within the folder are followed, and those that lead out of it only if they may be.
    """
    found: list[Path] = []
    leaving: list[str] = []
    waiting: list[tuple[Path, tuple[Path, ...]]] = [(root, (root.resolve(),))]
    while waiting:
        folder, above = waiting.pop()
        inner = []
        try:
            paths = sorted(folder.iterdir())
        except OSError:
            found.append(folder)  # whoever opens it says why it cannot be read
            continue
        for path in paths:
            if path.name.startswith("."):
                continue
            if path.is_symlink() and not follow_links and not _stays(root, path):
                leaving.append(path.relative_to(root).as_posix())
            elif not path.is_dir():
                found.append(path)
            elif path.name not in _LEFT_OUT and not (path / "pyvenv.cfg").exists():
                inner.append(path)
        for path in reversed(inner):
            real = path.resolve()
            # A link to a folder that it lies in has no end.
            if real not in above:
                waiting.append((path, (*above, real)))
    if leaving:
        raise LinkOutsideError(str(root), leaving)
    return found


def _stays(root: Path, path: Path) -> bool:
    try:
        real_below(root, path)
    except LinkError:
        return False
    return True


def _missing_neighbours(text: str, path: Path) -> Iterator[str]:
    """Name the imports that lie beside a single source file and so are not registered with it."""
    for found in imports_of(text):
        for beside in (path.parent / f"{found.module}.py", path.parent / found.module):
            if beside.exists() and beside != path:
                yield (
                    f"{path.name}, line {found.line} imports {found.module!r}, which lies beside it and"
                    f" is not part of the model: register the folder, or add it with --asset"
                )
                break
