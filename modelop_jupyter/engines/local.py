"""Processes of this machine: runners, and detached processes such as supervisors."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from modelop_jupyter import files
from modelop_jupyter.domain.process_mark import MARK
from modelop_jupyter.engines.lifeline import Lifeline
from modelop_jupyter.engines.process import Command, Handle, Usage
from modelop_jupyter.engines.process_tree import end_tree, usage_of, wait_for_any


class LocalHandle:
    """A process of this machine that leads a session of its own."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str) -> None:
        self._process = process
        self._mark = mark
        self.pid = process.pid
        self.lifeline: Lifeline | None = None

    def poll(self) -> int | None:
        return self._process.poll()

    def wait(self, timeout: float) -> int | None:
        # Popen itself polls twenty times a second.
        if self.poll() is not None or wait_for_any([self.pid], timeout):
            return self.poll()
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def usage(self) -> Usage | None:
        return usage_of(self.pid)

    def kill(self, *, at_once: bool = False) -> None:
        end_tree(self._mark, root=self.pid, at_once=at_once)
        self._process.wait()


def launch(command: Command) -> Handle:
    """Start a command without waiting for it, in a session, and so in a process group, of its own.

    Output goes to a file that is opened for appending, so that the order of what several processes
    print is kept and no process waits for a reader.
    """
    numbers = {name: str(number) for name, number in command.descriptors.items()}
    environment = {**command.environment, **numbers, MARK: command.mark}
    with files.open_private(command.console, "ab") as console:
        process = subprocess.Popen(
            command.arguments,
            cwd=command.cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(command.descriptors.values()),
            start_new_session=os.name == "posix",
        )
    return LocalHandle(process, command.mark)


_NONE: Mapping[str, int] = MappingProxyType({})


def start_detached(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    log: Path,
    descriptors: Mapping[str, int] = _NONE,
    stdin: str | None = None,
) -> int:
    """Start a process in a session of its own, so that it outlives the caller; return its id.

    Neither Ctrl-C nor a logout reaches it. Its output is appended to ``log``. ``descriptors`` are
    inherited; it finds their numbers in the environment variables of these names. ``stdin`` is a
    text for its standard input.
    """
    numbers = {name: str(number) for name, number in descriptors.items()}
    environment = {**environment, **numbers}
    # Some Jupyter images set it; each start would compile this package anew (measured: 0.3 s).
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with files.open_private(log, "ab") as log_file:
        process = subprocess.Popen(
            list(arguments),
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=log_file,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
            pass_fds=tuple(descriptors.values()),
        )
    if process.stdin is not None and stdin is not None:
        # A process that has ended already reads nothing.
        with contextlib.suppress(OSError), process.stdin:
            process.stdin.write(stdin.encode())
    # Reads the exit code, so that no zombie stays; nothing joins this thread.
    threading.Thread(target=process.wait, name=f"modelop-{process.pid}", daemon=True).start()
    return process.pid
