"""The notebooks of the repository as pages of the site."""

from __future__ import annotations

import shutil
from pathlib import Path


def copy_notebooks(source: str | Path) -> None:
    """Copy the notebooks below the site's sources; those that did not change keep their times."""
    folder = Path(source) / "notebooks"
    folder.mkdir(exist_ok=True)
    for path in sorted((Path(source).parent / "notebooks").glob("*.ipynb")):
        copy = folder / path.name
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            shutil.copy(path, copy)
