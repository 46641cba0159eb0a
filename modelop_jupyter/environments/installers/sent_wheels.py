"""Install a lock from wheels that another machine has sent, without an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from modelop_jupyter.domain.environments import Archive
from modelop_jupyter.environments.installers.base import InstallRequest
from modelop_jupyter.environments.lock.pylock import with_wheels
from modelop_jupyter.environments.lock.wheels import wheels_of

# Beside the assets of a model, which have no hidden folders.
_FOLDER = ".sent"


def from_sent_wheels(request: InstallRequest, stored: Mapping[str, Path]) -> InstallRequest:
    """Return a request that installs wheels of these digests as if they were assets of the model."""
    wheels = wheels_of(request.lock, among=stored).wheels
    paths = {wheel.digest: f"{_FOLDER}/{wheel.file}" for wheel in wheels}
    archives = {path: Archive(digest, str(stored[digest])) for digest, path in paths.items()}
    source = request.source
    indexes = replace(
        source.indexes,
        no_index=True,
        index_url=None,
        extra_index_urls=(),
        find_links=(),
        asset_links=(*source.indexes.asset_links, _FOLDER),
    )
    return replace(
        request,
        lock=with_wheels(request.lock, paths),
        source=replace(source, archives={**source.archives, **archives}, indexes=indexes),
    )
