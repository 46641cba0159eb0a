"""Files beside a source that may belong to its model."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.previews import Proposal
from modelop_jupyter.domain.roles import AssetRole, has_known_role, role_for
from modelop_jupyter.domain.source_code.primary_source import parse_source
from modelop_jupyter.files import digest_of

# Files that ModelOp Center reads by their role, and whose names say that they are meant.
_READ_BY_ROLE = frozenset(
    {
        AssetRole.REQUIRED_LIBRARIES,
        AssetRole.MODEL_SCHEMA,
        AssetRole.MODEL_METADATA,
        AssetRole.REQUIRED_ASSETS,
    }
)
_MOST_FILES = 10_000
_DEPTH = 4
_LARGEST_SUGGESTED = 100_000_000
# What makes a sub-folder another project, whose files are not this model's.
_PROJECT_FILES = frozenset({"requirements.txt", "pyproject.toml", "setup.py", "pyvenv.cfg", ".git"})
_PASSED_OVER = frozenset({"node_modules", "site-packages", "__pycache__", "outputDir"})


def proposals(
    source: str, folder: Path, state: ModelState, *, before: ModelState
) -> Iterator[Proposal]:
    """Propose files of a folder: those that the source names, and those whose name gives them a role.

    ``before`` is the model as it is registered, ``state`` as it would be.
    Where several notebooks lie in one folder, a file that the source does not name may be another
    model's: it is listed, but only suggested if ModelOp Center reads it by its role.
    """
    files, notebooks = _files_below(folder)
    named = _named(source, folder, files)
    known = [path for path in files if has_known_role(path)]
    for path in dict.fromkeys([*named, *known]):
        role, size = role_for(path), (folder / path).stat().st_size
        is_ours = role in _READ_BY_ROLE or (notebooks < 2 and size <= _LARGEST_SUGGESTED)
        yield Proposal(
            path=path,
            role=role,
            reason="named in the source" if path in named else "its name",
            size=size,
            is_missing=path in named and state.asset(path) is None,
            is_suggested=path in named or is_ours,
            is_held=_is_held(folder / path, size, before.asset(path)),
        )


def _is_held(file: Path, size: int, asset: Asset | None) -> bool:
    if asset is None or asset.size != size:
        return False
    return digest_of(file) == asset.digest


def _named(source: str, folder: Path, files: list[str]) -> list[str]:
    """Return the files that a source names by their paths, or by their base names alone."""
    by_name: dict[str, list[str]] = {}
    for path in files:
        by_name.setdefault(PurePosixPath(path).name, []).append(path)
    named: list[str] = []
    for path in _paths_in(source):
        if _is_file(folder, path):
            named.append(path)
        elif "." in path and len(same := by_name.get(path, [])) == 1:
            # os.path.join(folder, "weights.pkl")
            named += same
    return named


def _paths_in(source: str) -> Iterator[str]:
    """Yield the string constants of a source that could be paths below its folder."""
    tree = parse_source(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            path = PurePosixPath(node.value)
            if not path.is_absolute() and ".." not in path.parts and len(node.value) < 1024:
                yield path.as_posix()


def _is_file(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except (OSError, ValueError):
        return False


def _files_below(folder: Path) -> tuple[list[str], int]:
    """Return the files of a folder and its sub-folders, and how many notebooks it has itself.

    Hidden files, links to folders and other projects are left out; at most the first ten thousand.
    """
    found: list[str] = []
    notebooks = 0
    for where, folders, names in os.walk(folder):
        below = Path(where).relative_to(folder)
        if below.parts and _is_other_project(where, names):
            folders.clear()
            continue
        if not below.parts:
            notebooks = sum(name.endswith(".ipynb") for name in names)
        is_deepest = len(below.parts) + 1 >= _DEPTH
        folders[:] = [] if is_deepest else sorted(filter(_is_searched, folders))
        found += [(below / name).as_posix() for name in sorted(names) if not name.startswith(".")]
        if len(found) >= _MOST_FILES:
            break
    return [path for path in found[:_MOST_FILES] if _is_file(folder, path)], notebooks


def _is_searched(name: str) -> bool:
    return not name.startswith(".") and name not in _PASSED_OVER


def _is_other_project(where: str, names: list[str]) -> bool:
    return (
        any(name.endswith(".ipynb") for name in names)
        or not _PROJECT_FILES.isdisjoint(names)
        or os.path.isdir(os.path.join(where, ".git"))  # noqa: PTH112, PTH118
    )
