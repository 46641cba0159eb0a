"""The folders of running kernels: ``<home>/kernels/<id>/``.

kernel.json       its record, written when its process has been started
connection.json   Jupyter's connection file
console.log       output of the process itself
load-<n>/         a model that was staged for it, as a job folder

The folder of a kernel whose process has ended is removed when the kernels are next listed.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter import files
from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.processes import is_running

if TYPE_CHECKING:
    import psutil

_CLOCK_SECONDS = 10.0
_LAST_BYTES = 4000


class KernelFolders:
    """The folders of all kernels, below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, identity: str) -> Path:
        return self.root / identity

    def create(self, identity: str) -> Path:
        """Create the folder of a new kernel."""
        path = self.path(identity)
        path.mkdir(parents=True, mode=0o700)
        return path

    def write(self, record: KernelRecord) -> None:
        """Write a kernel's record, by which every process finds it."""
        files.write_text(self.path(record.id) / "kernel.json", json.dumps(to_wire(record)))

    def alive(self) -> list[KernelRecord]:
        """Return the running kernels, the oldest first; remove the folders of those that ended."""
        running = []
        for marker in self.root.glob("*/kernel.json"):
            try:
                record = from_wire(KernelRecord, json.loads(marker.read_bytes()))
            except (OSError, ValueError, TypeError):
                continue
            if is_alive(record):
                running.append(record)
            else:
                self.remove(record.id)
        return sorted(running, key=lambda record: record.created)

    def last_console_line(self, identity: str) -> str:
        """Return the last line of a kernel's console output as `` (line)``, empty if there is none."""
        try:
            console = (self.path(identity) / "console.log").read_bytes()[-_LAST_BYTES:]
        except OSError:
            return ""
        lines = console.decode("utf-8", "replace").strip().splitlines()
        return f" ({lines[-1].strip()})" if lines else ""

    def remove(self, identity: str) -> None:
        """Remove a kernel's folder and its sockets."""
        path = self.path(identity)
        with suppress(OSError, ValueError, KeyError):
            information = json.loads((path / "connection.json").read_bytes())
            if information["transport"] == "ipc":
                shutil.rmtree(Path(information["ip"]).parent, ignore_errors=True)
        shutil.rmtree(path, ignore_errors=True)


def is_same(process: psutil.Process, record: KernelRecord) -> bool:
    """Return whether a process is the kernel's, not a later one with the same number.

    Start times may differ by some seconds, as the system's clock may have been set since.
    """
    return bool(abs(process.create_time() - record.began) < _CLOCK_SECONDS)


def is_alive(record: KernelRecord) -> bool:
    """Return whether the kernel's process is running."""
    if is_running(record.pid, record.began, tolerance=_CLOCK_SECONDS):
        return True
    # A child process that has ended is a zombie until its exit code is read.
    with suppress(ChildProcessError):
        os.waitpid(record.pid, os.WNOHANG)
    return False
