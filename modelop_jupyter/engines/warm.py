"""Runners and supervisors as forks of a process that is warm: it has loaded what they need.

The other side is ``runner/warm.py``. Whatever is not as it should be there, nothing is lost: the
answer is None, and a fresh process is started.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.marks import MARK
from modelop_jupyter.engines.base import Command, Usage
from modelop_jupyter.engines.lifeline import Lifeline
from modelop_jupyter.engines.tree import end_tree, is_running, started_at, usage_of, wait_for_any

_ANSWER_SECONDS = 2.0
_POLL_SECONDS = 0.02
_REAP_SECONDS = 1.0
_LINE = 1 << 12


class WarmHandle:
    """A fork that tells of its end through the process it was forked from."""

    def __init__(self, pid: int, connection: socket.socket, mark: str) -> None:
        self.pid = pid
        self.lifeline: Lifeline | None = None
        self._connection: socket.socket | None = connection
        self._mark = mark
        self._began = started_at(pid)
        self._code: int | None = None

    def poll(self) -> int | None:
        return self.wait(0.0)

    def wait(self, timeout: float) -> int | None:
        if self._code is None and self._connection is not None:
            self._hear(self._connection, timeout)
        if self._code is None and self._connection is None:
            # Nobody is left to tell its code; those who killed that process have killed this one, too.
            if is_running(self.pid, self._began) and not wait_for_any([self.pid], timeout):
                time.sleep(min(timeout, _POLL_SECONDS))
            if not is_running(self.pid, self._began):
                self._code = -int(signal.SIGKILL)
        return self._code

    def _hear(self, connection: socket.socket, timeout: float) -> None:
        connection.settimeout(timeout)
        try:
            message = _message(connection)
        except (TimeoutError, BlockingIOError):
            return
        except OSError:
            message = None
        self._code = None if message is None else int(message["code"])
        connection.close()
        self._connection = None

    def release(self) -> None:
        """Leave it to itself: nobody here will ask for its end."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def usage(self) -> Usage | None:
        return usage_of(self.pid)

    def kill(self, *, at_once: bool = False) -> None:
        end_tree(self._mark, root=self.pid, at_once=at_once)
        self.wait(_REAP_SECONDS)


def fork_warm(folder: Path, command: Command) -> WarmHandle | None:
    """Have the process of a folder start a command as a fork; None where there is no such process."""
    environment = dict(command.environment)
    if command.mark:
        environment[MARK] = command.mark
    request = {
        "arguments": command.arguments,
        "cwd": str(command.cwd),
        "environment": environment,
        "console": str(command.console),
        "umask": _umask(),
        "descriptors": list(command.descriptors),
    }
    try:
        connection = _connected(folder)
    except OSError:
        return None
    try:
        line = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(connection, [line], list(command.descriptors.values()))
        connection.sendall(line[sent:])
        answer = _message(connection)
        connection.sendall(b"!")
    except OSError:
        answer = None
    if answer is None:
        connection.close()
        return None
    return WarmHandle(answer["pid"], connection, command.mark)


def is_warm(folder: Path) -> bool:
    """Say whether the process of a folder answers."""
    try:
        _connected(folder).close()
    except OSError:
        return False
    return True


def _connected(folder: Path) -> socket.socket:
    """Connect by way of the folder's descriptor: the path of a socket may have 107 bytes at the most."""
    if sys.platform != "linux":
        raise FileNotFoundError(folder)
    place = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_ANSWER_SECONDS)
    try:
        connection.connect(f"/proc/self/fd/{place}/socket")
    except OSError:
        connection.close()
        raise
    finally:
        os.close(place)
    return connection


def _message(connection: socket.socket) -> dict[str, Any] | None:
    """Return the next message, None at the end; they are short, and each comes in one piece."""
    data = connection.recv(_LINE, socket.MSG_PEEK)
    line, ending, _ = data.partition(b"\n")
    if not ending:
        return None
    connection.recv(len(line) + 1)
    message: dict[str, Any] = json.loads(line)
    return message


def _umask() -> int:
    """Return our umask; to ask for it by setting it would be seen by other threads."""
    with contextlib.suppress(OSError), Path("/proc/self/status").open() as file:
        for line in file:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022
