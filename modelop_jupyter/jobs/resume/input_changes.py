"""Record what a job's inputs are, and detect whether they have changed since.

Equal size and modification time count as equal content, as for git and rsync. A file with another
time is read: with an equal digest it is unchanged. If the first job ended before the digest was
known, another time counts as a change.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path

from modelop_jupyter.domain.assets import digest_of, digest_of_file
from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import FileState, InputDigests

_LOWEST_PRIORITY = 19
_MOST_DELAY_SECONDS = 5.0
# Hashed in less than a millisecond.
_SMALL_BYTES = 1 << 20


def files_of(inputs: Sequence[JobInput]) -> list[tuple[str, Path]]:
    """Return the name and path of each file of the inputs, in the order in which they are read.

    What is read by ranges in remote storage has none; each read compares its state there.
    """
    found: list[tuple[str, Path]] = []
    for data in (data for data in inputs if not data.is_read_by_ranges):
        names = [f"{data.name}: {file}" for file in data.files] or [data.name]
        found += zip(names, map(Path, data.paths), strict=True)
    return found


def describe_change(inputs: Sequence[JobInput], before: Sequence[FileState]) -> str | None:
    """Return how the inputs differ from their recorded states, None if they do not."""
    for (name, path), state in zip(files_of(inputs), before, strict=False):
        change = _describe_file_change(path, state)
        if change is not None:
            return f"input {name} {change}"
    return None


def describe_size_change(inputs: Sequence[JobInput], before: Sequence[FileState]) -> str | None:
    """Return which input has another size than recorded, None if none.

    A file that was deleted counts as unchanged: the runner had it open all the time.
    """
    for (name, path), state in zip(files_of(inputs), before, strict=False):
        if path.exists() and path.stat().st_size != state.size:
            return f"input {name} had {state.size:,} bytes and has {path.stat().st_size:,} now"
    return None


def _describe_file_change(path: Path, recorded: FileState) -> str | None:
    try:
        current = state_of(path)
    except OSError as error:
        return f"can no longer be read ({error.strerror or error})"
    if current.size != recorded.size:
        return f"had {recorded.size:,} bytes and has {current.size:,} now"
    if current.modified == recorded.modified:
        return None
    if recorded.digest is None:
        return f"was changed {_moment(current.modified)}, and its earlier content is not known"
    digest = digest_of_file(path)
    if digest == recorded.digest:
        return None
    return f"has other content: {_short(recorded.digest)} then, {_short(digest)} now"


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12]


def _moment(nanoseconds: int) -> str:
    moment = datetime.fromtimestamp(nanoseconds / 1e9, timezone.utc)
    return f"at {moment.astimezone():%Y-%m-%d %H:%M:%S}"


def state_of(path: Path) -> FileState:
    """Return a file's state without its digest, which takes time."""
    stat = path.stat()
    return FileState(stat.st_size, stat.st_mtime_ns)


def read_states(folder: JobFolder) -> tuple[FileState, ...]:
    """Return the recorded states of a job's inputs, in their order; none if the file is damaged."""
    digests = folder.read_if_whole(InputDigests)
    return () if digests is None else digests.inputs


def require_states(folder: JobFolder, inputs: Sequence[JobInput]) -> None:
    """Raise :class:`DamagedJobError` if the states of all inputs are not recorded."""
    # What was fetched has been compared with its object, and may have been read by ranges then.
    watched = files_of([data for data in inputs if not data.remotes])
    if len(folder.require(InputDigests).inputs) < len(watched):
        raise folder.damaged(InputDigests.FILE, "it describes other inputs")


def record_states(folder: JobFolder, inputs: Sequence[JobInput]) -> tuple[JobInput, ...]:
    """Record size and modification time of the inputs, and the digest of small ones.

    Returns the inputs with the digests that are known by now.
    """
    states = tuple(_initial_state(path) for _, path in files_of(inputs))
    folder.write(InputDigests(states))
    return with_digests(inputs, states)


def with_digests(inputs: Sequence[JobInput], states: Sequence[FileState]) -> tuple[JobInput, ...]:
    """Return inputs with their digests, None where the bytes of one file are not known.

    That of several files is the digest of their names and digests, one in a line.
    """
    rest = iter(states)
    return tuple(replace(data, digest=_digest_of_input(data, rest)) for data in inputs)


def _digest_of_input(data: JobInput, states: Iterator[FileState]) -> str | None:
    if data.is_read_by_ranges:
        return None
    found = [state.digest for state in islice(states, len(data.paths))]
    if len(found) < len(data.paths) or None in found:
        return None
    if not data.files:
        return found[0]
    lines = (f"{digest} {file}\n" for digest, file in zip(found, data.files, strict=True))
    return digest_of("".join(lines).encode())


def _initial_state(path: Path) -> FileState:
    state = state_of(path)
    return with_digest(state, path) if state.size <= _SMALL_BYTES else state


def with_digest(state: FileState, path: Path) -> FileState:
    """Return the state with its digest, or unchanged if the file is not in that state."""
    if state.digest is not None:
        return state
    with contextlib.suppress(OSError):
        if state_of(path) == state:
            digest = digest_of_file(path)
            if state_of(path) == state:
                return replace(state, digest=digest)
    return state


class DigestThread(threading.Thread):
    """A thread that adds digests to the recorded states of a job's inputs.

    A file that changes meanwhile gets none. ``waits``: when the runners need all cores, start only
    after :meth:`go_on`, or five seconds: after a kill, a known digest lets a retry recognize a file
    with another modification time as unchanged.
    """

    def __init__(self, folder: JobFolder, inputs: Sequence[JobInput], *, waits: bool) -> None:
        super().__init__(name="modelop-digests", daemon=True)
        self._folder = folder
        self._inputs = inputs
        self._may_start = threading.Event()
        if not waits:
            self._may_start.set()

    def allow(self) -> None:
        """Start hashing: the runners have ended."""
        self._may_start.set()

    def run(self) -> None:
        self._may_start.wait(_MOST_DELAY_SECONDS)
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):
                # On Linux a priority applies to one thread.
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)
        states = tuple(
            with_digest(state, path)
            for state, (_, path) in zip(
                read_states(self._folder), files_of(self._inputs), strict=False
            )
        )
        with contextlib.suppress(OSError):
            self._folder.write(InputDigests(states))
