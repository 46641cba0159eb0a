"""The format ``git``: a repository as ModelOp Center imports it, and `register NAME FOLDER` too.

Such an import goes by names, tags and manifests alone (spec 5, 13.16), so what a model was told
otherwise is written into them: tags above the functions, ``metadata.json``, and the roles that no
name gives into ``external_assets.json``. What cannot be written is found out by reading it back.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from modelop_jupyter.capture.tagging import retagged
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import role_for
from modelop_jupyter.domain.smart_tags import entry_points
from modelop_jupyter.errors import InvalidError, TagError
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.registry.changes import describe
from modelop_jupyter.workspace import manifests, materials
from modelop_jupyter.workspace.exchange.layout import Content, Entry, Layout, stored
from modelop_jupyter.workspace.home import Home

_METADATA, _EXTERNAL = "metadata.json", "external_assets.json"


def layout(content: Content, home: Home) -> Layout:
    """Return the assets, and what of the model no file of theirs says."""
    # What lies in ``.git`` is git's, and runs when git does.
    assets = [a for a in content.state.assets if a.path.partition("/")[0].lower() != ".git"]
    entries = {entry.path: entry for entry in stored(assets)}
    made: dict[str, bytes] = {}
    for path, data in _made(content, home.blobs):
        made[path] = data
        entries[path] = Entry(path, data)
    whole = tuple(entries[path] for path in sorted(entries))
    notes = [f"written for the import: {', '.join(sorted(made))}"] if made else []
    by_hand = [
        f"{asset.path} {asset.role.label}"
        for asset in content.state.assets
        if role_for(asset.path) is not asset.role
    ]
    if by_hand:
        notes.append(
            "ModelOp Center gives roles by the names of files; these have to be given there by hand:"
            f" {', '.join(by_hand)}"
        )
    return Layout(
        whole,
        notes=tuple(notes),
        finish=lambda folder: _lost(folder, content, made, home.blobs),
    )


def _made(content: Content, blobs: BlobStore) -> Iterator[tuple[str, bytes]]:
    state = content.state
    source = state.asset(state.primary_source) if state.primary_source else None
    if source is not None and (text := _tagged(blobs.read(source.digest), state.entry_points)):
        yield source.path, text
    if metadata := _metadata(content, blobs):
        yield metadata
    if external := _external(content, blobs):
        yield external


def _tagged(data: bytes, points: EntryPoints) -> bytes | None:
    """Return a source with tags above its functions, None where they are there, or cannot be put."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    try:
        found = entry_points(text)
    except TagError:
        found = None
    return None if found == points else retagged(text, points).encode()


def _metadata(content: Content, blobs: BlobStore) -> tuple[str, bytes] | None:
    """Return ``metadata.json`` with description and tags, None where the model's own says them."""
    model = content.model
    path, said = _said(content.state, _METADATA, blobs)
    if path is None:
        said = {"name": model.name, "description": model.description, "tags": list(model.tags)}
        return _METADATA, _json(said | {"modelCategory": "BUSINESS_MODEL"})
    if not isinstance(said, dict):
        return None
    current: dict[str, Any] = {}
    if said.get("description", "") != model.description:
        current["description"] = model.description
    if said.get("tags", []) != list(model.tags):
        current["tags"] = list(model.tags)
    return (path, _json(said | current)) if current else None


def _external(content: Content, blobs: BlobStore) -> tuple[str, bytes] | None:
    """Return ``external_assets.json`` with the roles that no name gives, None where there are none."""
    state = content.state
    path, said = _said(state, _EXTERNAL, blobs)
    named = manifests.read({asset.path: asset.digest for asset in state.assets}, blobs).roles
    entries = [
        {
            "name": asset.path,
            "assetType": "EXTERNAL_FILE",
            "assetRole": asset.role.value,
            "fileUrl": asset.path,
            "filename": asset.name,
        }
        for asset in state.assets
        if named.get(asset.path, role_for(asset.path)) is not asset.role
    ]
    if not entries or (path is not None and not isinstance(said, list)):
        return None
    return path or _EXTERNAL, _json([*(said or []), *entries])


def _said(state: ModelState, name: str, blobs: BlobStore) -> tuple[str | None, Any]:
    """Return where a manifest of the model lies, and what it says; None twice where there is none."""
    asset = next((each for each in state.assets if each.path.lower() == name), None)
    if asset is None:
        return None, None
    try:
        return asset.path, json.loads(blobs.read(asset.digest).decode("utf-8-sig"))
    except ValueError:
        return asset.path, None


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _lost(folder: Path, content: Content, made: Iterable[str], blobs: BlobStore) -> Iterator[str]:
    """Read the repository back as a registration does, and say what comes out otherwise."""
    source, before = content.state.primary_source, content.state
    try:
        back = materials.of_path(folder, None, EntryPoints(), blobs)
    except InvalidError as error:
        yield f"'register NAME FOLDER' says of it: {error} Here, that is {source or 'none'}"
        try:
            back = materials.of_path(folder, source, EntryPoints(), blobs)
        except InvalidError:
            return
    state = materials.state_of(ModelState(), back, [], None)
    # What was written on purpose is told already.
    kept = [asset for asset in state.assets if asset.path not in made]
    kept += [asset for asset in before.assets if asset.path in made]
    after = dataclasses.replace(
        content.model,
        state=dataclasses.replace(state, assets=tuple(kept)),
        description=back.description or "",
        tags=back.tags or (),
    )
    for line in describe(dataclasses.replace(content.model, state=before), after):
        yield f"a registration of it has this otherwise: {line}"
