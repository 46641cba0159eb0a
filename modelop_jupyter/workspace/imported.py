"""What a model's sources import, and where each of it comes from."""

from __future__ import annotations

import io
import posixpath
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from modelop_jupyter.capture import imports_of
from modelop_jupyter.capture.imports import Import
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.reports import ImportFinding
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.sources import PYTHON_ENDINGS
from modelop_jupyter.domain.standard_library import standard_library
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.providers import Providers

_COMPILED = (".so", ".pyd")
_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError)


@dataclass(frozen=True)
class Sources:
    """The Python files of a model as they will lie in its working directory (spec 13.2, 13.3)."""

    state: ModelState
    blobs: BlobStore

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The text of each source by its path."""
        return {
            asset.path: self.blobs.read(asset.digest).decode("utf-8-sig", "replace")
            for asset in self.state.assets
            if asset.path.lower().endswith(PYTHON_ENDINGS)
        }

    @cached_property
    def importable(self) -> Mapping[str, frozenset[str]]:
        """The files behind each name that can be imported: below the root, and beside the source."""
        found: dict[str, set[str]] = {}
        for path in self._paths():
            for root in {"", posixpath.dirname(self.state.primary_source or "")}:
                if root and not path.startswith(f"{root}/"):
                    continue
                parts = PurePosixPath(path[len(root) :].lstrip("/")).parts
                found.setdefault(parts[0].partition(".")[0], set()).add(path)
        return {name: frozenset(paths) for name, paths in found.items()}

    @cached_property
    def elsewhere(self) -> Mapping[str, str]:
        """Where a module lies that is in another folder than Python looks in."""
        return {PurePosixPath(path).name.partition(".")[0]: path for path in self._paths()}

    @cached_property
    def reached(self) -> frozenset[str]:
        """The sources that the primary one imports, directly or not; all where there is none."""
        first = self.state.primary_source
        if first is None or first not in self.texts:
            return frozenset(self.texts)
        found, waiting = {first}, [first]
        while waiting:
            for item in imports_of(self.texts[waiting.pop()]):
                more = self.importable.get(item.module, frozenset()) & self.texts.keys()
                if self.changes_path and item.module in self.elsewhere:
                    more |= {self.elsewhere[item.module]} & self.texts.keys()
                waiting.extend(more - found)
                found |= more
        return frozenset(found)

    @cached_property
    def changes_path(self) -> bool:
        """Whether a source tells Python to look in more folders."""
        return any("sys.path" in text for text in self.texts.values())

    def imports(self) -> Iterator[tuple[str, Import]]:
        """Yield what each source imports, those that are reached first."""
        for path in sorted(self.texts, key=lambda path: (path not in self.reached, path)):
            for item in imports_of(self.texts[path]):
                yield path, item

    def _paths(self) -> Iterator[str]:
        for asset in self.state.assets:
            if asset.role is AssetRole.UNKNOWN and asset.path.lower().endswith(_ARCHIVES):
                with suppress(*_DAMAGED):
                    for name in _members(self.blobs.read(asset.digest)):
                        yield posixpath.join(posixpath.dirname(asset.path), name)
            if asset.path.lower().endswith((*PYTHON_ENDINGS, *_COMPILED)):
                yield asset.path


def findings(
    state: ModelState,
    parsed: Requirements,
    added: Iterable[str],
    locked: set[str],
    blobs: BlobStore,
    *,
    providers: Providers | None = None,
    python: str | None = None,
) -> Iterator[ImportFinding]:
    """Compare the imports of a model's sources with what was required and what that was locked to.

    ``python`` is the version whose standard library counts. A source that the primary one does not
    import cannot fail a job: what it lacks is told, and is not missing.
    """
    sources, known = Sources(state, blobs), providers or Providers()
    required = [*sorted(parsed.names), *added]
    standard = standard_library(python)
    for path, item in sources.imports():
        provider = known.provider(item.module, required, locked)
        remark = None
        if item.module in sources.importable:
            verdict, provider = "model's own file", None
        elif item.module in standard:
            verdict, provider = "standard library", None
        elif provider:
            verdict = "provided"
        elif item.module in sources.elsewhere and sources.changes_path:
            verdict = "model's own file"
        elif item.is_optional:
            verdict = "optional"
        elif path not in sources.reached:
            verdict = "not reached"
            remark = f"{state.primary_source} does not import {path}"
        elif item.module in sources.elsewhere:
            verdict = "missing"
            remark = f"{sources.elsewhere[item.module]} is in a folder where Python does not look"
        else:
            verdict, provider = "missing", known.of(item.module)[0]
        yield ImportFinding(item.module, path, item.line, verdict, provider, remark)


def _members(data: bytes) -> list[str]:
    """Return the Python files in an archive, which is unpacked beside itself (spec 13.3)."""
    file = io.BytesIO(data)
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
    else:
        file.seek(0)
        with tarfile.open(fileobj=file) as unpacked:
            names = unpacked.getnames()
    return [name for name in names if name.endswith((*PYTHON_ENDINGS, *_COMPILED))]
