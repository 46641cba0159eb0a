"""Wheels and sdists among a model's assets: laid out as files for the tools, and named in locks.

A lock has ``path = "wheels/demo-1.0-py3-none-any.whl"``, relative to itself (PEP 751). To install it,
the assets are laid out beside it in a temporary folder.
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
    """Put the assets with these paths below a folder, as links: the tools only read them.

    Raises :class:`EnvironmentBuildError` for one that is missing.
    """
    for path in paths:
        archive = archives.get(path)
        if archive is None or not Path(archive.stored).is_file():
            raise EnvironmentBuildError(
                f"the asset {path} is required and missing",
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
    """Return a resolver's lock in which files below a folder are named by their asset paths.

    Raises :class:`EnvironmentBuildError` for a stored file whose digest has changed.
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
    for entry in data["packages"]:
        package = dict(entry)
        for key in ("archive", "sdist"):
            if key in package:
                package[key] = file(package[key])
        if "wheels" in package:
            package["wheels"] = [file(wheel) for wheel in package["wheels"]]
        packages.append(package)
    return {**data, "packages": packages}


def _below(folder: Path, entry: Mapping[str, Any]) -> str | None:
    """Return the path of a file relative to a folder, None for a file that is not below it."""
    path = Path(entry.get("path", ""))
    url = urlsplit(entry.get("url", ""))
    if url.scheme == "file":
        # This loads the modules of HTTP, a quarter of what a build has to import.
        from urllib.request import url2pathname

        path = Path(url2pathname(unquote(url.path)))
    elif url.scheme:
        return None
    for root in (folder, folder.resolve()):
        absolute = root / path
        if absolute.is_relative_to(root):
            return absolute.relative_to(root).as_posix()
    return None
