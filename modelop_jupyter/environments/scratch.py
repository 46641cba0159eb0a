"""Temporary folders that carry the number of their process, so that a killed one's can be told."""

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

_NAME = re.compile(r"modelop-(\d+)-\w+")
# A kernel's sockets: their folder's name must be short, and a kernel outlives whoever started it.
_SOCKETS = "modelop-kernel-*"
_SOCKETS_SECONDS = 3600.0


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a temporary folder for a tool."""
    with tempfile.TemporaryDirectory(prefix=f"modelop-{os.getpid()}-") as folder:
        yield Path(folder)


def forsaken(folder: Path) -> list[Path]:
    """Return temporary folders of ours whose process, or kernel, is gone."""
    import psutil

    found = [
        path
        for path in folder.glob("modelop-*")
        if (match := _NAME.fullmatch(path.name))
        and _is_own(path)
        and not psutil.pid_exists(int(match[1]))
    ]
    return found + [path for path in folder.glob(_SOCKETS) if _is_own(path) and _is_silent(path)]


def _is_own(path: Path) -> bool:
    """Say whether it is a folder of this user, and no link to one."""
    try:
        state = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and (os.name != "posix" or state.st_uid == os.getuid())


def _is_silent(path: Path) -> bool:
    """Say whether there are only sockets, not new, and nobody answers on any."""
    try:
        entries = list(path.iterdir())
        is_new = time.time() - path.stat().st_mtime < _SOCKETS_SECONDS
    except OSError:
        return False
    return not is_new and all(entry.is_socket() and not _answers(entry) for entry in entries)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(1)
        try:
            end.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True
