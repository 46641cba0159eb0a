"""A requirements file made from what sources and pickles import, with the versions of one Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from modelop_jupyter.capture.imports import Import, paths_of
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.requirements import Requirements, normalise
from modelop_jupyter.domain.requirements.advice import foreign_format
from modelop_jupyter.domain.requirements.changes import InferredLine, InferredRequirements
from modelop_jupyter.domain.requirements.line import decode
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.source_code.pickles import modules_of_pickles
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS
from modelop_jupyter.domain.source_code.standard_library import standard_library
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.requirements.check import (
    LineKey,
    RequirementsCheck,
    misnamed_lines,
    without_lines,
)
from modelop_jupyter.requirements.distributions import Python, ThisPython
from modelop_jupyter.requirements.imports import SourceFiles
from modelop_jupyter.requirements.installed import InstalledPackage, packages_of_module
from modelop_jupyter.requirements.providers import Providers

_DEFAULT_PATH = "requirements.txt"


@dataclass(frozen=True, slots=True)
class _ImportedModule:
    """A module that is imported, by which file, and the packages that provide it.

    The import of a pickle is in no line, 0.
    """

    item: Import
    path: str
    packages: tuple[InstalledPackage, ...]

    @property
    def where(self) -> str:
        return f"{self.path}, line {self.item.line}" if self.item.line else self.path


def infer(ref: str, check: RequirementsCheck, kernel: Python | None = None) -> InferredRequirements:
    """Return the file that imports and pickles ask for, merged with the one that is there.

    Lines of the file stay as they are, but for misnamed ones. The versions are those of the
    ``kernel``; without one, of this process's Python.
    """
    pinned = kernel or ThisPython()
    state, requirements, blobs = check.owner.state, check.requirements, check.blobs
    # The Python of the next lock, whatever the model is locked for now.
    python = check.environments.python_of(check.owner)
    misnamed = dict(misnamed_lines(requirements, check.providers, python))
    asset = target_path(state)
    modules = list(_imported_modules(state, blobs, python, pinned))
    usable = without_lines(requirements, misnamed)
    # As of a day, that day gives the versions.
    is_pinned = state.as_of is None
    lines = (
        *_removed_lines(requirements, misnamed, asset),
        *_lines_for(modules, usable, is_pinned=is_pinned),
    )
    here = pinned.version
    notes = []
    if python and not here.startswith(f"{python}."):
        notes.append(
            f"The model runs on Python {python}, these versions are of Python {here}:"
            f" 'requirements {ref} --check' tells which of them it can have."
        )
    left_out = {number for path, number in misnamed if path == asset}
    return InferredRequirements(
        model=ref,
        asset=asset,
        text=_merged(_lines_of(state, asset, blobs), lines, left_out),
        lines=lines,
        python=pinned.executable,
        version=here,
        notes=tuple(notes),
    )


def target_path(state: ModelState) -> str:
    """Return the path of the file to write: ``requirements.txt``, or the one that has the role."""
    holders = [asset.path for asset in state.with_role(AssetRole.REQUIRED_LIBRARIES)]
    return _DEFAULT_PATH if _DEFAULT_PATH in holders or not holders else holders[0]


def _imported_modules(
    state: ModelState, blobs: BlobStore, python: str | None, pinned: Python
) -> Iterator[_ImportedModule]:
    """Yield the modules that reachable files import, each once, but for the standard library's and own ones.

    ``python`` is the version that the model runs on, ``pinned`` the Python with its packages.
    """
    sources, providers, seen = SourceFiles(state, blobs), Providers(here=pinned), set()
    standard = standard_library(python)
    for path, item in sources.imports():
        module = item.module
        is_foreign = module not in standard and not sources.is_own(module)
        if path in sources.reachable and is_foreign and module not in seen:
            seen.add(module)
            below = paths_of(sources.texts[path], module)
            yield _ImportedModule(item, path, packages_of_module(module, below, providers))
    for path, module in _pickled_modules(state, blobs):
        if module not in standard and not sources.is_own(module) and module not in seen:
            seen.add(module)
            packages = packages_of_module(module, (), providers)
            # What this Python does not have is not known by the name of its module alone.
            known = tuple(package for package in packages if package.version)
            yield _ImportedModule(Import(module, 0), path, known)


def _pickled_modules(state: ModelState, blobs: BlobStore) -> Iterator[tuple[str, str]]:
    """Yield the modules that loading a model's pickles imports, each with its file."""
    for asset in state.assets:
        if not asset.path.lower().endswith(PYTHON_ENDINGS):
            for module in sorted(_modules_of(blobs.fetch(asset.digest), asset.path)):
                yield asset.path, module


@lru_cache(maxsize=256)
def _modules_of(blob: Path, name: str) -> frozenset[str]:
    # A blob never changes, and a form that previews a registration asks for it with every key.
    return modules_of_pickles(blob, name)


def _lines_for(
    modules: Iterable[_ImportedModule], usable: Requirements, *, is_pinned: bool
) -> Iterator[InferredLine]:
    """Yield a line for each package that an import needs: one that is there already, or a new one."""
    present = {line.name: line for line in usable.lines}
    done: set[str] = set()
    for module in modules:
        for package in module.packages:
            if package.name in done:
                continue
            done.add(package.name)
            name, line = module.item.module, present.get(package.name)
            if line is not None:
                remark = None
                if package.version and line.specifier not in ("", f"=={package.public_version}"):
                    remark = f"this kernel has {package.version}"
                yield InferredLine("kept", line.shown, name, module.where, remark)
            elif package.version is not None or not module.item.is_optional:
                state = "added" if package.is_installable else "not installable"
                text = package.line if is_pinned else package.name
                yield InferredLine(state, text, name, module.where, package.remark)


def _removed_lines(
    requirements: Requirements, misnamed: Mapping[LineKey, str], asset: str
) -> Iterator[InferredLine]:
    """Yield the lines of the file that are removed, and those that have to be corrected by hand."""
    for line in requirements.lines:
        problem = misnamed.get((line.asset, line.line))
        if problem and line.asset == asset:
            yield InferredLine("removed", line.shown, None, line.where, f"{problem}.")
    for bad in requirements.problems:
        if bad.asset == asset:
            # What is no text at all cannot be kept in a file of lines.
            state = "not usable" if bad.line else "removed"
            where = f"{asset}, line {bad.line}" if bad.line else asset
            yield InferredLine(state, bad.text, None, where, f"{bad.reason}.")


def _lines_of(state: ModelState, path: str, blobs: BlobStore) -> list[str]:
    """Return the lines of the file that is there, none of one that is another tool's."""
    asset = next((asset for asset in state.assets if asset.path == path), None)
    text = decode(blobs.read(asset.digest))[0] or "" if asset else ""
    return [] if foreign_format(text) else text.splitlines()


def _merged(old: Iterable[str], lines: Iterable[InferredLine], left_out: set[int]) -> str:
    """Return a file without some of its lines, by number, and with what was added."""
    kept = [text for number, text in enumerate(old, 1) if number not in left_out]
    added = []
    for line in lines:
        if line.state == "added":
            added.append(line.text)
        elif line.state == "not installable":
            added.append(f"# {line.text}: {line.remark}")
    added.sort(key=lambda text: (text.startswith("#"), normalise(text)))
    return "".join(f"{text}\n" for text in [*kept, *added])
