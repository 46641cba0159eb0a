"""Temporary folders named by the id of their process, so that those of killed processes are found."""

from __future__ import annotations

import os
import re
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelop_jupyter.processes import is_running

_NAME = re.compile(r"modelop-(\d+)-\w+")
# Folders of the sockets of kernels. Socket paths must be short, and a kernel outlives its starter,
# so these names hold no process id.
_SOCKETS = "modelop-kernel-*"
_SOCKETS_SECONDS = 3600.0


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder for the files of a tool, removed when the block ends."""
    with tempfile.TemporaryDirectory(prefix=f"modelop-{os.getpid()}-") as folder:
        yield Path(folder)


def orphaned_folders(folder: Path) -> list[Path]:
    """Return our temporary folders in a folder whose process, or kernel, has ended."""
    orphaned = [
        path
        for path in folder.glob("modelop-*")
        if (match := _NAME.fullmatch(path.name))
        and _is_own(path)
        and not is_running(int(match[1]), None)
    ]
    return orphaned + [path for path in folder.glob(_SOCKETS) if _is_own(path) and _is_silent(path)]


def _is_own(path: Path) -> bool:
    """Say whether a path is a folder of this user, and not a link to one."""
    try:
        state = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and (os.name != "posix" or state.st_uid == os.getuid())


def _is_silent(path: Path) -> bool:
    """Say whether a folder holds only sockets, is not new, and no process listens on any of them."""
    try:
        entries = list(path.iterdir())
        is_new = time.time() - path.stat().st_mtime < _SOCKETS_SECONDS
    except OSError:
        return False
    return not is_new and all(entry.is_socket() and not _listens(entry) for entry in entries)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(1)
        try:
            end.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True
