"""What a job's inputs held: SHA-256, taken beside the run where that takes no processor from it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.domain.wire import from_wire, to_wire
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.opening import open_regular

_BLOCK = 1 << 20
_NICE = 19
_PATIENCE_SECONDS = 5.0
# Read in less than a millisecond.
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was: ``modified`` in nanoseconds; ``digest`` is None while it is not known."""

    size: int
    modified: int
    digest: str | None = None


def state_of(path: Path) -> FileState:
    """Return a file's state without its digest, which takes time."""
    stat = path.stat()
    return FileState(stat.st_size, stat.st_mtime_ns)


def digest_of(path: Path) -> str:
    """Return the ``sha256:`` name of a file's bytes."""
    found = hashlib.sha256()
    with open_regular(path) as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return f"sha256:{found.hexdigest()}"


def known(folder: JobFolder) -> list[FileState]:
    """Return what is known of a job's inputs, in their order; nothing where that is damaged."""
    message = folder.read_if_whole("digests.json") or {"inputs": []}
    return [from_wire(FileState, each) for each in message["inputs"]]


def require(folder: JobFolder, inputs: Sequence[JobInput]) -> None:
    """Raise :class:`DamagedJobError` where nobody can say any more what the inputs held."""
    message = folder.read("digests.json")
    if message is None:
        raise folder.damaged("digests.json", "it is gone")
    if len(message["inputs"]) != len(inputs):
        raise folder.damaged("digests.json", "it tells of other inputs")


def note(folder: JobFolder, inputs: Sequence[JobInput]) -> None:
    """Keep the inputs' size, time and, of small ones, digest as they are when the job is submitted."""
    states = [_noted(Path(each.path)) for each in inputs]
    folder.write("digests.json", {"inputs": to_wire(states)})


def _noted(path: Path) -> FileState:
    state = state_of(path)
    return with_digest(state, path) if state.size <= _SMALL else state


def with_digest(state: FileState, path: Path) -> FileState:
    """Return the state with its digest: without, where the file has another state before or after."""
    if state.digest is not None:
        return state
    with contextlib.suppress(OSError):
        if state_of(path) == state:
            digest = digest_of(path)
            if state_of(path) == state:
                return replace(state, digest=digest)
    return state


class Digesting(threading.Thread):
    """Adds the digests to what is known; a file that changes meanwhile gets none.

    One that ``waits``, as the workers leave it no core, does so for :meth:`go_on`, though not for long:
    after a kill, a digest that is known tells a retry that a file with another time is still the same.
    """

    def __init__(self, folder: JobFolder, inputs: Sequence[JobInput], *, waits: bool) -> None:
        super().__init__(name="modelop-digests", daemon=True)
        self._folder = folder
        self._inputs = inputs
        self._may_go_on = threading.Event()
        if not waits:
            self._may_go_on.set()

    def go_on(self) -> None:
        """Wait no longer: the workers have ended."""
        self._may_go_on.set()

    def run(self) -> None:
        self._may_go_on.wait(_PATIENCE_SECONDS)
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):
                # On Linux a priority is that of one thread.
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        states = [
            with_digest(state, Path(each.path))
            for state, each in zip(known(self._folder), self._inputs, strict=False)
        ]
        with contextlib.suppress(OSError):
            self._folder.write("digests.json", {"inputs": to_wire(states)})
