"""Whether anything in the home folder has changed, whoever did it: one cheap look after another.

Magics, the command line and supervisors are other processes. What they write is seen in the
registry's own counter and in the times of a few folders; no file is read for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal
from uuid import uuid4

from jupyter_core.paths import jupyter_data_dir

from modelop_jupyter.server.sources import ENVIRONMENT_FOLDERS, JOB_FILES, times
from modelop_jupyter.workspace import Workspace

Topic = Literal["models", "jobs", "environments", "kernels"]
TOPICS: tuple[Topic, ...] = ("models", "jobs", "environments", "kernels")


@dataclass(frozen=True, slots=True)
class Changes:
    """How often each topic was seen to change.

    ``session`` differs between two runs of the server: numbers of one say nothing in another.
    """

    session: str
    models: int
    jobs: int
    environments: int
    kernels: int


@dataclass(frozen=True, slots=True)
class News:
    """One topic that has changed; ``ids`` are the jobs that have, where that is known."""

    topic: Topic
    count: int
    ids: tuple[str, ...] = ()


class Watch:
    """Remembers what the last look saw. Threads may share it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._registry = workspace.registry.watch()
        self._lock = Lock()
        self._session = uuid4().hex
        self._counts: dict[Topic, int] = dict.fromkeys(TOPICS, 0)
        self._seen: dict[Topic, Any] = {}
        self._running: dict[str, Any] = {}
        self._kernel_specs = Path(jupyter_data_dir(), "kernels")

    def close(self) -> None:
        """Give the registry's connection back."""
        with self._lock:
            self._registry.close()

    def changes(self) -> Changes:
        """Look, and return how often each topic has changed until now."""
        self.look()
        with self._lock:
            return Changes(self._session, **self._counts)

    def look(self) -> list[News]:
        """Return what has changed since the last look; the first one only remembers."""
        with self._lock:
            standing = self._registry.look()
            running = {job: self._job(job) for job in standing.unfinished}
            home = self._workspace.settings.home
            seen: dict[Topic, Any] = {
                "models": standing.models,
                "jobs": (standing.jobs, running),
                "environments": list(
                    times(home / "environments" / name for name in ENVIRONMENT_FOLDERS)
                ),
                "kernels": list(times([home / "kernels", self._kernel_specs])),
            }
            changed = [t for t in TOPICS if t in self._seen and self._seen[t] != seen[t]]
            for topic in changed:
                self._counts[topic] += 1
            jobs = tuple(
                sorted(
                    job
                    for job in running.keys() | self._running.keys()
                    if running.get(job) != self._running.get(job)
                )
            )
            self._seen, self._running = seen, running
            return [
                News(topic, self._counts[topic], jobs if topic == "jobs" else ())
                for topic in changed
            ]

    def _job(self, job: str) -> list[Any]:
        folder = self._workspace.settings.jobs / job
        return list(times(folder / name for name in JOB_FILES))
