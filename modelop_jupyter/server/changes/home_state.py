"""Read a key of the home folder's state that differs after every write, cheaper than any list.

The registry reports every commit. Running jobs and environments are files that any process may
write: their modification times, sizes and inode numbers are read with ``stat``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from modelop_jupyter.environments.installers.pip_config import configuration_files
from modelop_jupyter.workspace import Workspace

# What a response may be computed from; "jobs" are the folders of the jobs that have not ended.
Dependency = Literal["registry", "jobs", "environments"]
# The modification time in nanoseconds, the size and the inode number; None for a missing file.
FileStamp = tuple[int, int, int] | None

# The files that show a running job's progress; "" is the folder itself.
JOB_FILES = ("", "events.jsonl", "errors.jsonl", "console.log", "outcome.json", "supervisor.json")
# The folders in which an entry appears, goes or is renamed when an environment is built, pinned or
# removed.
ENVIRONMENT_FOLDERS = ("", "locks", "pins", "status", "overlays", "overlays/pins")
_MARKER = "environment.json"
# File systems round times: two changes within one step have the same time.
_TIME_STEP_NS = 50_000_000


@dataclass(frozen=True, slots=True)
class HomeState:
    """The state of some dependencies at one moment.

    ``key`` differs from that of another moment if anything was written in between.
    ``is_volatile`` is true where some of it changes without a write: seconds that pass, processes
    that end.
    ``is_exact`` is false where the next write might leave the same key.
    """

    key: tuple[Any, ...]
    is_volatile: bool
    is_exact: bool


class HomeStateReader:
    """Reads the state of a workspace's home folder. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        # Paths are text here: this runs for every request, and ``Path`` would double its time.
        self._jobs = str(workspace.settings.jobs)
        self._environments = str(workspace.settings.environments)
        self._registry = workspace.registry.watch()
        self._lock = Lock()

    def close(self) -> None:
        """Close the connection to the registry."""
        with self._lock:
            self._registry.close()

    def read(self, dependencies: Collection[Dependency]) -> HomeState:
        """Return the state of these dependencies now; raises :class:`HomeError`."""
        with self._lock:
            version = self._registry.version()
            unfinished = self._registry.look().unfinished if "jobs" in dependencies else ()
        key: list[Any] = [version]
        stamps: list[FileStamp] = []
        if unfinished:
            key += file_stamps(
                f"{self._jobs}/{job}/{name}" for job in unfinished for name in JOB_FILES
            )
        if "environments" in dependencies:
            stamps = list(file_stamps(self._environment_files()))
            key += [*stamps, *file_stamps(configuration_files(os.environ))]
        newest = max((stamp[0] for stamp in stamps if stamp), default=0)
        return HomeState(
            tuple(key),
            is_volatile=bool(unfinished) or "environments" in dependencies,
            is_exact=version is not None and time.time_ns() - newest > _TIME_STEP_NS,
        )

    def _environment_files(self) -> Iterator[str]:
        root = self._environments
        yield from (f"{root}/{name}" for name in ENVIRONMENT_FOLDERS)
        for folder in (root, f"{root}/overlays"):
            try:
                names = sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is needed
            except OSError:
                continue
            yield from (f"{folder}/{name}/{_MARKER}" for name in names)


def file_stamps(paths: Iterable[str | Path]) -> Iterator[FileStamp]:
    """Yield a stamp of each file or folder that differs after it was changed or replaced."""
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 - a tenth of the time of Path.stat, called often
        except OSError:
            yield None
        else:
            yield status.st_mtime_ns, status.st_size, status.st_ino
