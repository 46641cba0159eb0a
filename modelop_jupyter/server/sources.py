"""What lists are made of, and how it stands: a look that costs less than making a list.

The registry tells of every commit. A job that goes on and the environments live in files that any
process may write: their times, sizes and numbers are looked at, as ``stat`` tells them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from modelop_jupyter.environments.configuration import configuration_files
from modelop_jupyter.workspace import Workspace

Source = Literal["registry", "jobs", "environments"]

# What a job that goes on is told by; all but the first grow or are replaced.
JOB_FILES = ("", "events.jsonl", "errors.jsonl", "console.log", "outcome.json", "supervisor.json")
# Where something appears, goes or is renamed when an environment is built, pinned or removed.
ENVIRONMENT_FOLDERS = ("", "locks", "pins", "status", "overlays", "overlays/pins")
_MARKER = "environment.json"
# The clock of a file system moves in steps: two changes within one have the same time.
_STEP_NS = 50_000_000


@dataclass(frozen=True, slots=True)
class State:
    """How things stood at one moment.

    ``key`` differs from that of another moment if anything was written in between. ``is_moving``
    says that some of it changes without being written: seconds that pass, processes that end.
    ``is_exact`` is false where the next change might leave the same key.
    """

    key: tuple[Any, ...]
    is_moving: bool
    is_exact: bool


class Sources:
    """Looks at the home folder of a workspace. Threads may share it."""

    def __init__(self, workspace: Workspace) -> None:
        self._settings = workspace.settings
        self._registry = workspace.registry.watch()
        self._lock = Lock()

    def close(self) -> None:
        """Give the registry's connection back."""
        with self._lock:
            self._registry.close()

    def look(self, wanted: Collection[Source]) -> State:
        """Return how what is wanted stands now; raises :class:`HomeError`."""
        with self._lock:
            version = self._registry.version()
            unfinished = self._registry.look().unfinished if "jobs" in wanted else ()
        key: list[Any] = [version]
        folders: list[tuple[int, int, int] | None] = []
        if unfinished:
            key += times(
                self._settings.jobs / job / name for job in unfinished for name in JOB_FILES
            )
        if "environments" in wanted:
            folders = list(times(self._environment_folders()))
            key += [*folders, *times(configuration_files(os.environ))]
        newest = max((each[0] for each in folders if each), default=0)
        return State(
            tuple(key),
            is_moving=bool(unfinished) or "environments" in wanted,
            is_exact=version is not None and time.time_ns() - newest > _STEP_NS,
        )

    def _environment_folders(self) -> Iterator[Path]:
        root = self._settings.environments
        yield from (root / name for name in ENVIRONMENT_FOLDERS)
        for shelf in (root, root / "overlays"):
            try:
                names = sorted(os.listdir(shelf))  # noqa: PTH208 - names are all that is needed
            except OSError:
                continue
            yield from (shelf / name / _MARKER for name in names)


def times(paths: Iterable[Path]) -> Iterator[tuple[int, int, int] | None]:
    """Yield what tells that a file or folder was changed or replaced, None for what is not there."""
    for path in paths:
        try:
            state = os.stat(path)  # noqa: PTH116 - a tenth of Path.stat's price, many times a second
        except OSError:
            yield None
        else:
            yield state.st_mtime_ns, state.st_size, state.st_ino
