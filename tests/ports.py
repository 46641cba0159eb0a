"""Ports for servers that have to be told theirs before they start."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

if sys.platform != "win32":
    import fcntl

# Below those that the system gives out by itself: one of them may be somebody else's by the time
# that a server of ours asks for it. Processes begin in places far from one another.
_FIRST, _COUNT = 12_000, 20_000
_numbers = count(os.getpid() * 2_221)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses, and that no process of tests has returned before.

    That of a process that has ended may be returned again.
    """
    for _ in range(_COUNT):
        port = _FIRST + next(_numbers) % _COUNT
        if not _is_ours(port):
            continue
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")


def _is_ours(port: int) -> bool:
    """Reserve a port for this process; says whether another one has it."""
    if sys.platform == "win32":
        return True
    try:
        # The lock of one byte, which ends with this process.
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _reservations() -> int:
    """Open the file that all processes of tests lock; closing it would give up all ports."""
    path = Path(tempfile.gettempdir(), f"modelop-test-ports-{os.geteuid()}")
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
