"""The last step of a build: nothing of it stems from a damaged cache, all is read-only and listed."""

from __future__ import annotations

from pathlib import Path

from modelop_jupyter.environments import listing
from modelop_jupyter.environments.records import damaged
from modelop_jupyter.environments.sealing import seal


def finish(root: Path) -> dict[str, str]:
    """Seal and list the files of an environment, unless some were changed in the package cache.

    Returns these, with their packages.
    """
    files = listing.files_of(root)
    found = damaged(root, files)
    if not found:
        seal(root, files)
        listing.write(root, files)
    return found
