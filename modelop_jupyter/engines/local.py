"""Runners as processes of this machine."""

from __future__ import annotations

import os
import subprocess

from modelop_jupyter import files
from modelop_jupyter.domain.marks import MARK
from modelop_jupyter.engines.base import Command, Handle, Usage
from modelop_jupyter.engines.lifeline import Lifeline
from modelop_jupyter.engines.tree import end_tree, usage_of, wait_for_any


class LocalHandle:
    """A local process in a session of its own."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str) -> None:
        self._process = process
        self._mark = mark
        self.pid = process.pid
        self.lifeline: Lifeline | None = None

    def poll(self) -> int | None:
        return self._process.poll()

    def wait(self, timeout: float) -> int | None:
        # Popen itself looks twenty times a second.
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


class LocalEngine:
    """Starts each command as a process with a session, and so a process group, of its own.

    Output goes to a file opened for appending: what the model prints keeps its order, whoever
    writes it, and nothing waits on a pipe.
    """

    name = "local"

    def launch(self, command: Command) -> Handle:
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
