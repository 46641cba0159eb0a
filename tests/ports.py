"""Ports for servers that have to be told theirs before they start."""

from __future__ import annotations

import os
import socket
from itertools import count

# Below those that the system gives out by itself: one of them may be somebody else's by the time
# that a server of ours asks for it. Processes begin in places far from one another.
_FIRST, _COUNT = 12_000, 20_000
_numbers = count(os.getpid() * 2_221)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses, and that this process has not returned before."""
    for _ in range(_COUNT):
        port = _FIRST + next(_numbers) % _COUNT
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
