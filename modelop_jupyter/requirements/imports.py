"""What a model's sources import, and where each module comes from."""

from __future__ import annotations

import io
import posixpath
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from modelop_jupyter.capture import imports_of
from modelop_jupyter.capture.imports import Import
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.reports import ImportFinding
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS
from modelop_jupyter.domain.source_code.standard_library import standard_library
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.requirements.providers import Providers

_COMPILED_ENDINGS = (".so", ".pyd")
_ARCHIVE_ENDINGS = (".zip", ".tar.gz", ".tgz", ".tar")
_UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError)


@dataclass(frozen=True)
class SourceFiles:
    """The Python files of a model as they will lie in its working directory (spec 13.2, 13.3)."""

    state: ModelState
    blobs: BlobStore

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The text of each Python file by its path."""
        return {
            asset.path: self.blobs.read(asset.digest).decode("utf-8-sig", "replace")
            for asset in self.state.assets
            if asset.path.lower().endswith(PYTHON_ENDINGS)
        }

    @cached_property
    def importable(self) -> Mapping[str, frozenset[str]]:
        """The files behind each name that can be imported: below the root, and beside the source."""
        files: dict[str, set[str]] = {}
        for path in self._module_paths():
            for root in {"", posixpath.dirname(self.state.primary_source or "")}:
                if root and not path.startswith(f"{root}/"):
                    continue
                parts = PurePosixPath(path[len(root) :].lstrip("/")).parts
                files.setdefault(parts[0].partition(".")[0], set()).add(path)
        return {name: frozenset(paths) for name, paths in files.items()}

    @cached_property
    def anywhere(self) -> Mapping[str, str]:
        """The path of each module by its base name, also in folders where Python does not look."""
        return {PurePosixPath(path).name.partition(".")[0]: path for path in self._module_paths()}

    @cached_property
    def reachable(self) -> frozenset[str]:
        """The files that the primary source imports, directly or not; all where there is none."""
        first = self.state.primary_source
        if first is None or first not in self.texts:
            return frozenset(self.texts)
        reached, waiting = {first}, [first]
        while waiting:
            for item in imports_of(self.texts[waiting.pop()]):
                paths = self.importable.get(item.module, frozenset()) & self.texts.keys()
                if self.changes_path and item.module in self.anywhere:
                    paths |= {self.anywhere[item.module]} & self.texts.keys()
                waiting.extend(paths - reached)
                reached |= paths
        return frozenset(reached)

    @cached_property
    def changes_path(self) -> bool:
        """Whether a file mentions ``sys.path``, and so may make Python look in more folders."""
        return any("sys.path" in text for text in self.texts.values())

    def is_own(self, module: str) -> bool:
        """Return whether a module is one of the model's files, in a folder where Python looks."""
        return module in self.importable or (self.changes_path and module in self.anywhere)

    def imports(self) -> Iterator[tuple[str, Import]]:
        """Yield the path and each import of every file, those of reachable files first."""
        for path in sorted(self.texts, key=lambda path: (path not in self.reachable, path)):
            for item in imports_of(self.texts[path]):
                yield path, item

    def _module_paths(self) -> Iterator[str]:
        for asset in self.state.assets:
            if asset.role is AssetRole.UNKNOWN and asset.path.lower().endswith(_ARCHIVE_ENDINGS):
                with suppress(*_UNREADABLE):
                    for name in _modules_in_archive(self.blobs.read(asset.digest)):
                        yield posixpath.join(posixpath.dirname(asset.path), name)
            if asset.path.lower().endswith((*PYTHON_ENDINGS, *_COMPILED_ENDINGS)):
                yield asset.path


def import_findings(
    state: ModelState,
    required: Sequence[str],
    locked: set[str],
    blobs: BlobStore,
    *,
    providers: Providers | None = None,
    python: str | None = None,
) -> Iterator[ImportFinding]:
    """Say for each import of a model's sources where it comes from.

    ``required`` are the packages that its environment was asked for, ``locked`` all that are in its
    lock. ``python`` is the version whose standard library counts. A file that the primary source
    does not import cannot make a job fail: what it lacks is ``not reached`` instead of ``missing``.
    """
    sources, providers = SourceFiles(state, blobs), providers or Providers()
    standard = standard_library(python)
    for path, item in sources.imports():
        module = item.module
        provider = providers.provider(module, required, locked)
        remark = None
        if module in sources.importable:
            verdict, provider = "model's own file", None
        elif module in standard:
            verdict, provider = "standard library", None
        elif provider:
            verdict = "provided"
        elif sources.is_own(module):
            verdict = "model's own file"
        elif item.is_optional:
            verdict = "optional"
        elif path not in sources.reachable:
            verdict = "not reached"
            remark = f"{state.primary_source} does not import {path}"
        elif module in sources.anywhere:
            verdict = "missing"
            remark = f"{sources.anywhere[module]} is in a folder where Python does not look"
        else:
            verdict, provider = "missing", providers.candidates(module)[0]
        yield ImportFinding(module, path, item.line, verdict, provider, remark)


def _modules_in_archive(data: bytes) -> list[str]:
    """Return the Python files in an archive, which is unpacked beside itself (spec 13.3)."""
    file = io.BytesIO(data)
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    else:
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            names = archive.getnames()
    return [name for name in names if name.endswith((*PYTHON_ENDINGS, *_COMPILED_ENDINGS))]
