"""Wheels and sdists among a model's assets: laid out for the tools, named in locks by their asset path.

A lock says ``path = "wheels/demo-1.0-py3-none-any.whl"``, relative to itself (PEP 751). Whoever
installs it lays the assets out beside it, wherever that is and whenever.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from modelop_jupyter.domain.environments import Archive
from modelop_jupyter.errors import EnvironmentBuildError


def lay_out(archives: Mapping[str, Archive], paths: Iterable[str], folder: Path) -> None:
    """Put the assets of these paths below a folder; links suffice, as every tool only reads them.

    Raises :class:`EnvironmentBuildError` for one that is not at hand.
    """
    for path in paths:
        archive = archives.get(path)
        if archive is None or not Path(archive.stored).is_file():
            raise EnvironmentBuildError(
                f"the asset {path} is needed and not there",
                remedy=f"Add it to the model again: 'asset add NAME {path}'",
            )
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.symlink_to(archive.stored)
        except OSError:
            # Windows allows links to few users.
            shutil.copyfile(archive.stored, target)


def named_by_asset(
    data: Mapping[str, Any], folder: Path, archives: Mapping[str, Archive]
) -> dict[str, Any]:
    """Return a resolver's lock where files below a folder are named by their asset paths.

    Raises :class:`EnvironmentBuildError` for a stored file that is no longer what was stored.
    """

    def file(entry: Mapping[str, Any]) -> dict[str, Any]:
        path = _below(folder, entry)
        if path is None:
            return dict(entry)
        archive = archives.get(path)
        sha256 = entry.get("hashes", {}).get("sha256")
        if archive and sha256 and archive.digest != f"sha256:{sha256}":
            raise EnvironmentBuildError(
                f"the stored file of the asset {path} is damaged",
                remedy=f"Add it to the model again: 'asset add NAME {path}'",
            )
        rest = {key: value for key, value in entry.items() if key != "url"}
        return {**rest, "path": path}

    packages = []
    for package in data["packages"]:
        found = dict(package)
        for key in ("archive", "sdist"):
            if key in found:
                found[key] = file(found[key])
        if "wheels" in found:
            found["wheels"] = [file(wheel) for wheel in found["wheels"]]
        packages.append(found)
    return {**data, "packages": packages}


def _below(folder: Path, entry: Mapping[str, Any]) -> str | None:
    """Return the path of a file relative to a folder, None for one that lies elsewhere."""
    place = Path(entry.get("path", ""))
    url = urlsplit(entry.get("url", ""))
    if url.scheme == "file":
        # It loads the modules of HTTP, a quarter of what a build has to import.
        from urllib.request import url2pathname

        place = Path(url2pathname(unquote(url.path)))
    elif url.scheme:
        return None
    for root in (folder, folder.resolve()):
        whole = root / place
        if whole.is_relative_to(root):
            return whole.relative_to(root).as_posix()
    return None
