"""The manifests of a repository: ``metadata.json`` and ``external_assets.json`` (spec 5.4, 5.5).

A manifest that cannot be read counts as empty; it never makes an import fail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import UnknownRoleError
from modelop_jupyter.registry.blobs import BlobStore


@dataclass(frozen=True, slots=True)
class RepositoryManifest:
    """Description, tags and custom metadata, None where there are none; roles by path; warnings of assets elsewhere."""

    description: str | None = None
    tags: tuple[str, ...] | None = None
    custom: Mapping[str, Any] | None = None
    roles: Mapping[str, AssetRole] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read(digests: Mapping[str, str], blobs: BlobStore) -> RepositoryManifest:
    """Read the manifests among the files of a folder; ``digests`` are those of its files, by path."""
    metadata = _load(digests, "metadata.json", blobs)
    metadata = metadata if isinstance(metadata, dict) else {}
    tags, description = metadata.get("tags"), metadata.get("description")
    custom = metadata.get("custom")
    roles: dict[str, AssetRole] = {}
    warnings: list[str] = []
    external = _load(digests, "external_assets.json", blobs)
    for entry in external if isinstance(external, list) else ():
        if isinstance(entry, dict):
            warnings += _external(entry, digests, roles)
    return RepositoryManifest(
        description=description if isinstance(description, str) else None,
        tags=tuple(map(str, tags)) if isinstance(tags, list) else None,
        custom=custom if isinstance(custom, dict) else None,
        roles=roles,
        warnings=tuple(warnings),
    )


def _load(digests: Mapping[str, str], name: str, blobs: BlobStore) -> Any:
    path = next((path for path in sorted(digests) if path.lower() == name), None)
    if path is None:
        return None
    try:
        return json.loads(blobs.read(digests[path]).decode("utf-8-sig"))
    except ValueError:
        return None


def _external(
    entry: Mapping[str, Any], digests: Mapping[str, str], roles: dict[str, AssetRole]
) -> Iterator[str]:
    """Add the role of an entry's file to ``roles``; warn of a file that is not in the folder."""
    url = str(entry.get("fileUrl") or "")
    name = str(entry.get("filename") or PurePosixPath(url).name or entry.get("name") or "")
    path = next((p for p in (url, name) if p in digests), None)
    path = path or next((p for p in sorted(digests) if PurePosixPath(p).name == name), None)
    if path is None:
        yield (
            f"external_assets.json names {name or 'an asset'} at {url or 'an unknown place'}, which is"
            f" not part of the folder: fetch it and add it with 'asset add'"
        )
        return
    try:
        roles[path] = AssetRole.parse(str(entry.get("assetRole") or "UNKNOWN"))
    except UnknownRoleError as error:
        yield f"external_assets.json: {error}"
