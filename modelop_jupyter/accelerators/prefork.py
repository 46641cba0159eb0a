"""Start runners and supervisors as forks of a process that has loaded what they need.

The other side is ``runner/accelerators/prefork.py``; ``fork_servers.py`` starts such processes.
Where one does not answer as it should, nothing is lost: the result is None, and a fresh process is
started.
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

from modelop_jupyter.domain.process_mark import MARK
from modelop_jupyter.engines import Command, Lifeline, Usage, end_tree, wait_for_any
from modelop_jupyter.engines.process_tree import usage_of
from modelop_jupyter.processes import is_running, start_time

# On a busy machine a fork may come late, and a fresh process would come later.
_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 0.02
_REAP_SECONDS = 1.0
_LINE = 1 << 12


class ForkHandle:
    """A fork; the server that it is a fork of reports its end."""

    def __init__(self, pid: int, connection: socket.socket, mark: str) -> None:
        self.pid = pid
        self.lifeline: Lifeline | None = None
        self._connection: socket.socket | None = connection
        self._mark = mark
        self._began = start_time(pid)
        self._code: int | None = None

    def poll(self) -> int | None:
        return self.wait(0.0)

    def wait(self, timeout: float) -> int | None:
        if self._code is None and self._connection is not None:
            self._receive_code(self._connection, timeout)
        if self._code is None and self._connection is None:
            # The server is gone, and with it the exit code; its killer has killed the fork, too.
            if is_running(self.pid, self._began) and not wait_for_any([self.pid], timeout):
                time.sleep(min(timeout, _POLL_SECONDS))
            if not is_running(self.pid, self._began):
                self._code = -int(signal.SIGKILL)
        return self._code

    def _receive_code(self, connection: socket.socket, timeout: float) -> None:
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
        """Leave it to itself: its end is not of interest here."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def usage(self) -> Usage | None:
        return usage_of(self.pid)

    def kill(self, *, at_once: bool = False) -> None:
        end_tree(self._mark, root=self.pid, at_once=at_once)
        self.wait(_REAP_SECONDS)


def fork(folder: Path | None, command: Command) -> ForkHandle | None:
    """Start a command as a fork of the server in a folder; return None where there is no such
    server.

    The folder is None where preforking is off.
    """
    if folder is None:
        return None
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
        connection = _connect(folder)
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
    return ForkHandle(answer["pid"], connection, command.mark)


def is_serving(folder: Path) -> bool:
    """Say whether the server in a folder answers."""
    try:
        _connect(folder).close()
    except OSError:
        return False
    return True


def _connect(folder: Path) -> socket.socket:
    """Connect through the folder's descriptor: the path of a socket may have 107 bytes at most."""
    if sys.platform != "linux":
        raise FileNotFoundError(folder)
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_ANSWER_SECONDS)
    try:
        connection.connect(f"/proc/self/fd/{descriptor}/socket")
    except OSError:
        connection.close()
        raise
    finally:
        os.close(descriptor)
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
    """Return our umask; the usual way of setting it and back would be seen by other threads."""
    with contextlib.suppress(OSError), Path("/proc/self/status").open() as file:
        for line in file:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022
