"""Pickles among a model's files: what they look up in the notebook that wrote them goes along, or is told."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePath
from warnings import catch_warnings, simplefilter

from modelop_jupyter.capture import Captured
from modelop_jupyter.capture.bindings import bound_names
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.pickles import Pickled, read_pickled
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.domain.sources import PYTHON_ENDINGS
from modelop_jupyter.errors import PickledNameError
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.materials import Materials, of_capture

_DEFINED = re.compile(
    r"^(?:async\s+def|def|class)\s+(\w+)|^(\w+)\s*(?::[^=]+)?=(?!=)", re.MULTILINE
)
# Sources that bring the names about in another way: an Unpickler of their own, by hand, or all of a module.
_OTHERWISE = re.compile(
    r"def find_class\b|__main__['\"]?\]?\.\w+\s*=[^=]|setattr\([^,\n]*__main__|^from [\w.]+ import \*",
    re.MULTILINE,
)
_CAPTURED = '"""Captured from a notebook'


def with_definitions(
    name: str, made: Materials, state: ModelState, given: Sequence[str], blobs: BlobStore
) -> Materials:
    """Return what a registration brings, with what its pickles look up by name.

    Of a source that was captured, definitions are taken along; any other must have them. ``given``
    are the paths of the files that the user named. Raises :class:`PickledNameError` for what is
    nowhere, of a file that was given or that a source names; of any other it is a warning.
    """
    is_new = bool(made.files)
    found = {
        asset: _read(blobs.path(asset.digest), asset.path)
        for asset in state.assets
        if (is_new or asset.path in given) and not asset.path.lower().endswith(PYTHON_ENDINGS)
    }
    texts = _texts(made, state, blobs)
    needed = {
        asset: asset.path in given or any(asset.name in text for text in texts.values())
        for asset in found
    }
    made = dataclasses.replace(made, notes=(*made.notes, *_writers(found)))
    if made.captured is not None and made.captured.with_pickled is not None:
        return _taken_along(name, made, made.captured, found, needed, blobs)
    warnings = []
    for asset, pickled in found.items():
        for each in sorted(pickled.main):
            problem = _problem(each, asset, state, texts)
            if problem is not None and needed[asset]:
                raise problem
            warnings += [] if problem is None else [str(problem)]
    return dataclasses.replace(made, warnings=(*made.warnings, *warnings))


@lru_cache(maxsize=256)
def _read(blob: Path, name: str) -> Pickled:
    # A blob never changes, and a form that shows a registration asks for it with every key.
    return read_pickled(blob, name)


def _texts(made: Materials, state: ModelState, blobs: BlobStore) -> dict[str, str]:
    texts = {
        asset.path: blobs.read(asset.digest).decode("utf-8-sig", "replace")
        for asset in state.assets
        if asset.path.lower().endswith(PYTHON_ENDINGS)
    }
    if made.primary is not None and made.source is not None:
        texts[made.primary] = made.source
    return texts


def _writers(found: Mapping[Asset, Pickled]) -> Iterator[str]:
    for asset, pickled in found.items():
        if pickled.writers:
            packages = listed(sorted(pickled.writers))
            yield (
                f"{asset.path} holds functions as bytecode, written by {packages}: the requirements"
                f" must name {packages}, and the model runs on the Python that wrote the file only."
            )


def _taken_along(
    name: str,
    made: Materials,
    captured: Captured,
    found: Mapping[Asset, Pickled],
    needed: Mapping[Asset, bool],
    blobs: BlobStore,
) -> Materials:
    certain = {n: a.path for a in found if needed[a] for n in sorted(found[a].main)}
    perhaps = {n: a.path for a in found for n in sorted(found[a].main | found[a].perhaps)}
    if _OTHERWISE.search(captured.source):
        certain = {}
    if not perhaps or captured.with_pickled is None:
        return made
    again = captured.with_pickled(pickled=certain, perhaps=perhaps)
    new = of_capture(name, again, blobs)
    (_, digest, size), *_ = new.files
    files = [each for each in made.files if each[0] != made.primary]
    kept = set(captured.warnings)
    return dataclasses.replace(
        made,
        files=(*files, (made.primary or new.primary or "", digest, size)),
        source=new.source,
        captured=again,
        warnings=(*made.warnings, *(each for each in again.warnings if each not in kept)),
        notes=(*made.notes, *again.notes),
    )


def _problem(
    name: str, asset: Asset, state: ModelState, texts: Mapping[str, str]
) -> PickledNameError | None:
    """Return what is to be said of a name, None where the source has it or nobody can tell."""
    primary = state.primary_source
    text = texts.get(primary or "")
    if primary is None or text is None or name in _names(text) or _OTHERWISE.search(text):
        return None
    others = [path for path in texts if path != primary and name in _names(texts[path])]
    if others:
        module = PurePath(others[0]).with_suffix("").as_posix().replace("/", ".")
        remedy = f"Write 'from {module} import {name}' in {primary}, as {others[0]} defines it"
    elif text.startswith(_CAPTURED):
        remedy = (
            f"Register again in the notebook that defines {name!r}, with --asset {asset.path}: the"
            " definition is taken along"
        )
    else:
        remedy = (
            f"Define {name!r} in {primary} or import it there, as what wrote {asset.path} did; or"
            " move it to a module of its own and write the file anew"
        )
    return PickledNameError(
        name, file=asset.path, found=f"{primary} does not define it", remedy=remedy
    )


def _names(text: str) -> set[str]:
    try:
        with catch_warnings():
            simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {first or second for first, second in _DEFINED.findall(text)}
    set_by_functions = {n for g in ast.walk(tree) if isinstance(g, ast.Global) for n in g.names}
    return bound_names(tree.body) | set_by_functions
