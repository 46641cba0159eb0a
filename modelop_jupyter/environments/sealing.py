"""Make an environment's files read-only: a linked one is the package cache's own, and its siblings'."""

from __future__ import annotations

import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from os import stat_result
from pathlib import Path

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def seal(root: Path, files: Mapping[str, stat_result]) -> None:
    """Take away the right to write from files.

    Folders keep it: Python writes bytecode there, and whoever may remove an environment still can.
    Where a package is installed a second time its files are sealed already. Not on Windows, where
    what is read-only cannot be removed.
    """
    if sys.platform == "win32":
        return
    for path, state in files.items():
        if state.st_mode & _WRITABLE and stat.S_ISREG(state.st_mode):
            # A colleague's file in a cache that is shared: its owner says who may write it.
            with suppress(PermissionError):
                (root / path).chmod(stat.S_IMODE(state.st_mode) & ~_WRITABLE)
