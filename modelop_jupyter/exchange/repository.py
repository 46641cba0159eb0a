"""The format ``git``: a repository as ModelOp Center, and ``register NAME FOLDER``, import it.

Such an import sees names, tags and manifests only (spec 5.3, 5.4, 13.16). What the model has from
elsewhere is written into them: tags above the functions, ``metadata.json``, and roles that no file
name gives into ``external_assets.json``. The repository is read back to find what was lost.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from modelop_jupyter.capture.module_writer import retag
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import role_for
from modelop_jupyter.domain.source_code.smart_tags import entry_points
from modelop_jupyter.errors import InvalidError, TagError
from modelop_jupyter.exchange.layout import Content, Entry, Layout, stored
from modelop_jupyter.models import repository_manifest
from modelop_jupyter.models.registration_source import new_state
from modelop_jupyter.models.repository_folder import from_folder
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.registry.changes import describe

_METADATA, _EXTERNAL = "metadata.json", "external_assets.json"


def layout(content: Content, blobs: BlobStore) -> Layout:
    """Return the assets, and files for what no asset of the model says."""
    # Not ``.git``: git would run its hooks.
    assets = [a for a in content.state.assets if a.path.partition("/")[0].lower() != ".git"]
    entries = {entry.path: entry for entry in stored(assets)}
    made: dict[str, bytes] = {}
    for path, data in _generated_files(content, blobs):
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
        finish=lambda folder: _round_trip_differences(folder, content, made, blobs),
    )


def _generated_files(content: Content, blobs: BlobStore) -> Iterator[tuple[str, bytes]]:
    state = content.state
    source = state.asset(state.primary_source) if state.primary_source else None
    if source is not None and (text := _tagged(blobs.read(source.digest), state.entry_points)):
        yield source.path, text
    if metadata := _metadata(content, blobs):
        yield metadata
    if external := _external(content, blobs):
        yield external


def _tagged(data: bytes, points: EntryPoints) -> bytes | None:
    """Return a source with tags above its functions, None if they are there or cannot be added."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    try:
        points_now = entry_points(text)
    except TagError:
        points_now = None
    return None if points_now == points else retag(text, points).encode()


def _metadata(content: Content, blobs: BlobStore) -> tuple[str, bytes] | None:
    """Return ``metadata.json`` with description and tags, None if the model's own file says the same."""
    model = content.model
    path, document = _read_manifest(content.state, _METADATA, blobs)
    if path is None:
        document = {"name": model.name, "description": model.description, "tags": list(model.tags)}
        if model.meta:
            document["custom"] = dict(model.meta)
        return _METADATA, _json(document | {"modelCategory": "BUSINESS_MODEL"})
    if not isinstance(document, dict):
        return None
    current: dict[str, Any] = {}
    if document.get("description", "") != model.description:
        current["description"] = model.description
    if document.get("tags", []) != list(model.tags):
        current["tags"] = list(model.tags)
    # A model that was registered before there was metadata has that of its file.
    if model.meta and document.get("custom") != model.meta:
        current["custom"] = dict(model.meta)
    return (path, _json(document | current)) if current else None


def _external(content: Content, blobs: BlobStore) -> tuple[str, bytes] | None:
    """Return ``external_assets.json`` with the roles that no name gives, None if there are none."""
    state = content.state
    path, document = _read_manifest(state, _EXTERNAL, blobs)
    named = repository_manifest.read(
        {asset.path: asset.digest for asset in state.assets}, blobs
    ).roles
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
    if not entries or (path is not None and not isinstance(document, list)):
        return None
    return path or _EXTERNAL, _json([*(document or []), *entries])


def _read_manifest(state: ModelState, name: str, blobs: BlobStore) -> tuple[str | None, Any]:
    """Return the path and the JSON of a manifest of the model; (None, None) if there is none."""
    asset = next((entry for entry in state.assets if entry.path.lower() == name), None)
    if asset is None:
        return None, None
    try:
        return asset.path, json.loads(blobs.read(asset.digest).decode("utf-8-sig"))
    except ValueError:
        return asset.path, None


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _round_trip_differences(
    folder: Path, content: Content, made: Iterable[str], blobs: BlobStore
) -> Iterator[str]:
    """Read the repository back as a registration does, and yield what differs."""
    source, before = content.state.primary_source, content.state
    try:
        back = from_folder(folder, None, EntryPoints(), blobs)
    except InvalidError as error:
        yield f"'register NAME FOLDER' says of it: {error} Here, that is {source or 'none'}"
        try:
            back = from_folder(folder, source, EntryPoints(), blobs)
        except InvalidError:
            return
    state = new_state(ModelState(), back, [], None)
    # What was written on purpose is reported already.
    kept = [asset for asset in state.assets if asset.path not in made]
    kept += [asset for asset in before.assets if asset.path in made]
    after = dataclasses.replace(
        content.model,
        state=dataclasses.replace(state, assets=tuple(kept)),
        description=back.description or "",
        tags=back.tags or (),
        meta=back.metadata or {},
    )
    for line in describe(dataclasses.replace(content.model, state=before), after):
        yield f"a registration of it has this otherwise: {line}"
