"""Count the changes in the home folder by topic, whichever process makes them.

Magics, the command line and supervisors are other processes. Their writes show in the registry's
version and in the file stamps of a few folders; of files, only the status of a deployment is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Literal
from uuid import uuid4

from jupyter_core.paths import jupyter_data_dir

from modelop_jupyter.deployments.folder import DeploymentFolder, ServerStatus
from modelop_jupyter.server.changes.home_state import (
    ENVIRONMENT_FOLDERS,
    JOB_FILES,
    FileStamp,
    file_stamps,
)
from modelop_jupyter.workspace import Workspace

Topic = Literal["models", "jobs", "environments", "kernels", "deployments"]
TOPICS: tuple[Topic, ...] = ("models", "jobs", "environments", "kernels", "deployments")


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """How many changes of each topic were seen since the server started.

    ``session`` is another one after a restart: counts of two sessions cannot be compared.
    """

    SCHEMA_NAME: ClassVar[str] = "Changes"

    session: str
    models: int
    jobs: int
    environments: int
    kernels: int
    deployments: int


@dataclass(frozen=True, slots=True)
class TopicChange:
    """A topic that has changed; ``ids`` are the jobs that changed, empty for other topics."""

    topic: Topic
    count: int
    ids: tuple[str, ...] = ()


class ChangeWatcher:
    """Compares the home folder with what it was at the last look. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._registry = workspace.registry.watch()
        self._lock = Lock()
        self._session = uuid4().hex
        self._counts: dict[Topic, int] = dict.fromkeys(TOPICS, 0)
        self._states: dict[Topic, Any] = {}
        self._running_jobs: dict[str, list[FileStamp]] = {}
        self._statuses: dict[str, tuple[FileStamp, Any]] = {}
        self._kernel_specs = Path(jupyter_data_dir(), "kernels")

    def close(self) -> None:
        """Close the connection to the registry."""
        with self._lock:
            self._registry.close()

    def counts(self) -> ChangeCounts:
        """Look for changes, and return how many of each topic were seen so far."""
        self.look()
        with self._lock:
            return ChangeCounts(self._session, **self._counts)

    def look(self) -> list[TopicChange]:
        """Return what has changed since the last look; nothing at the first one."""
        with self._lock:
            registry = self._registry.look()
            running = {job: self._stamps_of_job(job) for job in registry.unfinished}
            settings = self._workspace.settings
            environments = (settings.environments / name for name in ENVIRONMENT_FOLDERS)
            states: dict[Topic, Any] = {
                "models": registry.models,
                "jobs": (registry.jobs, running),
                "environments": list(file_stamps(environments)),
                "kernels": list(file_stamps([settings.home / "kernels", self._kernel_specs])),
                "deployments": (registry.deployments, self._states_of_deployments()),
            }
            changed = [
                topic
                for topic in TOPICS
                if topic in self._states and self._states[topic] != states[topic]
            ]
            for topic in changed:
                self._counts[topic] += 1
            jobs = self._changed_jobs(running)
            self._states, self._running_jobs = states, running
            return [
                TopicChange(topic, self._counts[topic], jobs if topic == "jobs" else ())
                for topic in changed
            ]

    def _states_of_deployments(self) -> dict[str, Any]:
        """Return what differs when a deployment begins or ends something else, by its folder's name.

        Its server process writes its status each second: what it has counted is no change.
        """
        try:
            folders = sorted(self._workspace.settings.deployments.iterdir())
        except OSError:
            folders = []
        before, self._statuses = self._statuses, {}
        for folder in folders:
            (stamp,) = file_stamps([folder / ServerStatus.FILE])
            known = before.get(folder.name)
            if known is None or known[0] != stamp:
                known = stamp, _state_of(DeploymentFolder(folder))
            self._statuses[folder.name] = known
        return {name: state for name, (_, state) in self._statuses.items()}

    def _stamps_of_job(self, job: str) -> list[FileStamp]:
        folder = self._workspace.settings.jobs / job
        return list(file_stamps(folder / name for name in JOB_FILES))

    def _changed_jobs(self, running: dict[str, list[FileStamp]]) -> tuple[str, ...]:
        """Return the jobs that started, ended or made progress."""
        before = self._running_jobs
        jobs = running.keys() | before.keys()
        return tuple(sorted(job for job in jobs if running.get(job) != before.get(job)))


def _state_of(folder: DeploymentFolder) -> Any:
    status = folder.read_if_whole(ServerStatus)
    if status is None:
        return None
    shadow = None if status.shadow is None else (status.shadow.snapshot, status.shadow.is_ready)
    return status.state, status.generation, status.snapshot, status.url, status.problem, shadow
