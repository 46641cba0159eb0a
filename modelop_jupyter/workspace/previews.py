"""The verb that shows what a registration would come to."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from modelop_jupyter.domain.models import EntryPoints, Model, ModelState
from modelop_jupyter.domain.previews import Preview, Proposal
from modelop_jupyter.domain.requirement_files import parse_requirements
from modelop_jupyter.domain.roles import AssetRole, role_for
from modelop_jupyter.domain.smart_tags import defined_functions
from modelop_jupyter.errors import ModelNotFoundError
from modelop_jupyter.workspace.home import now
from modelop_jupyter.workspace.model_verbs import ModelVerbs

if TYPE_CHECKING:
    from modelop_jupyter.capture import Captured

# What ModelOp Center reads by its role; data and documents are the user's to choose.
_EXPECTED = frozenset(
    {
        AssetRole.REQUIRED_LIBRARIES,
        AssetRole.MODEL_SCHEMA,
        AssetRole.MODEL_METADATA,
        AssetRole.REQUIRED_ASSETS,
    }
)
_MOST_FILES = 10_000


class PreviewVerbs(ModelVerbs):
    """Looking at a registration before it is done."""

    def preview(
        self,
        name: str,
        path: str | Path | None = None,
        *,
        captured: Captured | None = None,
        assets: Sequence[str | Path | tuple[str | Path, str | None]] = (),
        python: str | None = None,
        source: str | None = None,
        chosen: EntryPoints | None = None,
        folder: Path | None = None,
        within: Path | None = None,
    ) -> Preview:
        """Show what :meth:`register` would record, with files of ``folder`` that may be assets, too.

        Nothing is resolved: an import that only a dependency of a requirement provides counts as
        missing. Raises what ``register`` would.
        """
        from modelop_jupyter.jobs.environment import spec_of
        from modelop_jupyter.registry.changes import describe
        from modelop_jupyter.workspace.imported import findings

        brought = self._brought(
            name,
            path,
            captured=captured,
            assets=assets,
            python=python,
            source=source,
            chosen=chosen,
            folder=folder,
            follow_links=False,
            within=within,
        )
        before = self._model(name)
        made, state = brought(before.state if before else ModelState())
        after = _model(name, state, before)
        spec = spec_of(after, self.blobs)
        parsed = parse_requirements(spec.files, spec.holders)
        added = tuple(each for each in spec.additions if each not in parsed.names)
        imports = findings(state, parsed, added, set(), self.blobs)
        return Preview(
            name=name,
            created=before is None,
            changes=describe(before, after) if before else (),
            source=made.source,
            primary_source=made.primary,
            is_captured=made.is_captured,
            entry_points=made.entry_points,
            functions=tuple(defined_functions(made.source or "")),
            assets=state.assets,
            proposals=tuple(_proposals(made.source or "", folder, state)) if folder else (),
            missing=tuple(found for found in imports if found.verdict == "missing"),
            problems=parsed.problems,
            additions=added,
            python=state.python,
            warnings=(*made.warnings, *made.notes),
        )

    def _model(self, name: str) -> Model | None:
        try:
            return self.registry.get_model(name)
        except ModelNotFoundError:
            return None


def _model(name: str, state: ModelState, before: Model | None) -> Model:
    moment = now()
    if before is None:
        return Model("", name, state, moment, moment)
    return replace(before, state=state, modified=moment)


def _proposals(source: str, folder: Path, state: ModelState) -> Iterator[Proposal]:
    """Propose the files that the source names, and those beside it whose name says what they are."""
    named = [text for text in _texts(source) if _is_file(folder, text)]
    known = [name for name in _names(folder) if role_for(name) in _EXPECTED]
    for path in dict.fromkeys([*named, *known]):
        yield Proposal(
            path=path,
            role=role_for(path),
            reason="named in the source" if path in named else "its name",
            size=(folder / path).stat().st_size,
            is_missing=path in named and state.asset(path) is None,
        )


def _texts(source: str) -> Iterator[str]:
    """Yield the texts in a source that could be paths below its folder."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            path = PurePosixPath(node.value)
            if not path.is_absolute() and ".." not in path.parts and len(node.value) < 1024:
                yield path.as_posix()


def _is_file(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except (OSError, ValueError):
        return False


def _names(folder: Path) -> list[str]:
    """Return the names of the files in a folder; of an enormous one, the first."""
    names = []
    with os.scandir(folder) as entries:
        for _, entry in zip(range(_MOST_FILES), entries, strict=False):
            if entry.is_file() and not entry.name.startswith("."):
                names.append(entry.name)
    return sorted(names)
