"""The folders of running kernels: ``<home>/kernels/<id>/``.

kernel.json       who it is, written when its process has been started
connection.json   how to speak with it (Jupyter's connection file)
console.log       what ipykernel itself prints
load-<n>/         a model that was staged for it, as a job folder

A kernel whose process is gone is forgotten by whoever looks next.
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

if TYPE_CHECKING:
    import psutil

_CLOCK_SECONDS = 10.0
_LAST_BYTES = 4000


class KernelFolders:
    """Reads and writes below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, identity: str) -> Path:
        return self.root / identity

    def create(self, identity: str) -> Path:
        """Make the folder of a new kernel."""
        path = self.path(identity)
        path.mkdir(parents=True, mode=0o700)
        return path

    def write(self, record: KernelRecord) -> None:
        """Make a kernel known to everybody."""
        files.write_text(self.path(record.id) / "kernel.json", json.dumps(to_wire(record)))

    def alive(self) -> list[KernelRecord]:
        """Return the kernels that run, the oldest first; those that ended are swept away."""
        found = []
        for marker in self.root.glob("*/kernel.json"):
            try:
                record = from_wire(KernelRecord, json.loads(marker.read_bytes()))
            except (OSError, ValueError, TypeError):
                continue
            if is_alive(record):
                found.append(record)
            else:
                self.remove(record.id)
        return sorted(found, key=lambda record: record.created)

    def last_words(self, identity: str) -> str:
        """Return the last line that a kernel wrote about itself, in brackets."""
        try:
            said = (self.path(identity) / "console.log").read_bytes()[-_LAST_BYTES:]
        except OSError:
            return ""
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return f" ({lines[-1].strip()})" if lines else ""

    def remove(self, identity: str) -> None:
        """Remove what a kernel leaves behind, its sockets included."""
        path = self.path(identity)
        with suppress(OSError, ValueError, KeyError):
            information = json.loads((path / "connection.json").read_bytes())
            if information["transport"] == "ipc":
                shutil.rmtree(Path(information["ip"]).parent, ignore_errors=True)
        shutil.rmtree(path, ignore_errors=True)


def is_same(process: psutil.Process, record: KernelRecord) -> bool:
    """Say whether a process is the kernel's, not one that was given its number later.

    When a process began is told by the clock, which may have been set since.
    """
    return bool(abs(process.create_time() - record.began) < _CLOCK_SECONDS)


def is_alive(record: KernelRecord) -> bool:
    """Say whether the kernel's process runs."""
    import psutil

    try:
        process = psutil.Process(record.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            # A child of ours that ended by itself: the system waits to be asked how.
            with suppress(ChildProcessError):
                os.waitpid(record.pid, os.WNOHANG)
            return False
        return is_same(process, record)
    except psutil.NoSuchProcess:
        return False
