"""The definitions that pickles among a model's files look up in the notebook that wrote them.

A pickle stores functions and classes of ``__main__`` by name only. A source that is captured from
cells gets their definitions added; any other source must have them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePath

from modelop_jupyter.capture import Captured
from modelop_jupyter.capture.names import bound_names
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.domain.source_code.pickles import Pickled, read_pickled
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS, parse_source
from modelop_jupyter.errors import PickledNameError
from modelop_jupyter.models.registration_source import (
    RegistrationSource,
    StoredFile,
    decode_source,
    from_capture,
)
from modelop_jupyter.registry.blobs import BlobStore

_DEFINED = re.compile(
    r"^(?:async\s+def|def|class)\s+(\w+)|^(\w+)\s*(?::[^=]+)?=(?!=)", re.MULTILINE
)
# Sources that define the names in another way: an Unpickler of their own, by hand, or all of a module.
_DEFINED_OTHERWISE = re.compile(
    r"def find_class\b|__main__['\"]?\]?\.\w+\s*=[^=]|setattr\([^,\n]*__main__|^from [\w.]+ import \*",
    re.MULTILINE,
)
_CAPTURED = '"""Captured from a notebook'


def with_definitions(
    name: str,
    source: RegistrationSource,
    state: ModelState,
    assets: Sequence[StoredFile],
    blobs: BlobStore,
) -> RegistrationSource:
    """Return the source of a registration with the definitions that its pickles look up.

    ``assets`` are the files that the user named. Raises :class:`PickledNameError` for a name that
    is defined nowhere, if the pickle is one of those or a source names it; it is a warning otherwise.
    """
    named = {asset.path for asset in assets}
    is_new = bool(source.files)
    pickles = {
        asset: _read(blobs.fetch(asset.digest), asset.path)
        for asset in state.assets
        if (is_new or asset.path in named) and not asset.path.lower().endswith(PYTHON_ENDINGS)
    }
    texts = _texts(source, state, blobs)
    needed = {
        asset
        for asset in pickles
        if asset.path in named or any(asset.name in text for text in texts.values())
    }
    source = replace(source, notes=(*source.notes, *_bytecode_notes(pickles)))
    if source.captured is not None and source.captured.with_pickled is not None:
        return _with_captured_definitions(name, source, source.captured, pickles, needed, blobs)
    warnings = []
    for asset, pickled in pickles.items():
        for symbol in sorted(pickled.main):
            error = _undefined(symbol, asset, state, texts)
            if error is not None and asset in needed:
                raise error
            warnings += [] if error is None else [str(error)]
    return replace(source, warnings=(*source.warnings, *warnings))


def pickled_names(state: ModelState, blobs: BlobStore) -> frozenset[str]:
    """Return the names that the files of a model look up, or may look up, in what wrote them."""
    names: set[str] = set()
    for asset in state.assets:
        if not asset.path.lower().endswith(PYTHON_ENDINGS):
            pickled = _read(blobs.fetch(asset.digest), asset.path)
            names |= pickled.main | pickled.perhaps
    return frozenset(names)


@lru_cache(maxsize=256)
def _read(blob: Path, name: str) -> Pickled:
    # A blob never changes, and a form that previews a registration asks for it with every key.
    return read_pickled(blob, name)


def _texts(source: RegistrationSource, state: ModelState, blobs: BlobStore) -> dict[str, str]:
    """Return the Python files of a model by path, the primary one as it will be."""
    texts = {
        asset.path: decode_source(blobs.read(asset.digest))
        for asset in state.assets
        if asset.path.lower().endswith(PYTHON_ENDINGS)
    }
    if source.primary is not None and source.text is not None:
        texts[source.primary] = source.text
    return texts


def _bytecode_notes(pickles: Mapping[Asset, Pickled]) -> Iterator[str]:
    for asset, pickled in pickles.items():
        if pickled.writers:
            packages = listed(sorted(pickled.writers))
            yield (
                f"{asset.path} holds functions as bytecode, written by {packages}: the requirements"
                f" must name {packages}, and the model runs on the Python that wrote the file only."
            )


def _with_captured_definitions(
    name: str,
    source: RegistrationSource,
    captured: Captured,
    pickles: Mapping[Asset, Pickled],
    needed: set[Asset],
    blobs: BlobStore,
) -> RegistrationSource:
    """Capture the cells again, with what the pickles look up besides the functions."""
    certain = {n: a.path for a in pickles if a in needed for n in sorted(pickles[a].main)}
    possible = {n: a.path for a in pickles for n in sorted(pickles[a].main | pickles[a].perhaps)}
    if _DEFINED_OTHERWISE.search(captured.source):
        certain = {}
    if not possible or captured.with_pickled is None:
        return source
    again = captured.with_pickled(pickled=certain, perhaps=possible)
    new = from_capture(name, again, blobs)
    path = source.primary or new.primary or ""
    files = [file for file in source.files if file.path != source.primary]
    reported = set(captured.warnings)
    return replace(
        source,
        files=(*files, replace(new.files[0], path=path)),
        text=new.text,
        captured=again,
        warnings=(*source.warnings, *(w for w in again.warnings if w not in reported)),
        notes=(*source.notes, *again.notes),
    )


def _undefined(
    name: str, asset: Asset, state: ModelState, texts: Mapping[str, str]
) -> PickledNameError | None:
    """Return the error for a name that a pickle looks up, None where the source has it or may have."""
    primary = state.primary_source
    text = texts.get(primary or "")
    if primary is None or text is None:
        return None
    if name in _names(text) or _DEFINED_OTHERWISE.search(text):
        return None
    others = [path for path in texts if path != primary and name in _names(texts[path])]
    if others:
        module = PurePath(others[0]).with_suffix("").as_posix().replace("/", ".")
        remedy = f"Write 'from {module} import {name}' in {primary}, as {others[0]} defines it"
    elif text.startswith(_CAPTURED):
        remedy = (
            f"Register again in the notebook that defines {name!r}, with --asset {asset.path}: the"
            " definition is copied"
        )
    else:
        remedy = (
            f"Define {name!r} in {primary} or import it there, as what wrote {asset.path} did; or"
            " move it to a module of its own and write the file anew"
        )
    return PickledNameError(
        name, file=asset.path, reason=f"{primary} does not define it", remedy=remedy
    )


def _names(text: str) -> set[str]:
    """Return the names that a module binds; of one that cannot be parsed, by the look of its lines."""
    tree = parse_source(text)
    if tree is None:
        return {first or second for first, second in _DEFINED.findall(text)}
    global_names = {n for g in ast.walk(tree) if isinstance(g, ast.Global) for n in g.names}
    return bound_names(tree.body) | global_names
