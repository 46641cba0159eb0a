"""The folder of a deployment: the files through which doors and server process communicate.

wanted.json      what the server process is to do; only doors write it, each with a higher generation
status.json      how far it is, written by the server process each second
supervisor.json  id and start time of the server process
supervisor.lock  locked while it runs
change.lock      locked while a door changes what is wanted
token            what requests must name, where that is asked for
deployment.log   what happened, and what replicas printed; deployment.log.1 is the part before
errors.jsonl     the last records that got no output
shadow.jsonl     the last records for which the shadow has answered something else
server.log       errors of the server process itself; normally empty
replicas/N/      a job folder for each replica
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from modelop_jupyter import files
from modelop_jupyter.deployments.plan import DeploymentPlan
from modelop_jupyter.domain.deployments import (
    DeploymentProblem,
    DeploymentState,
    Load,
    ShadowReport,
)
from modelop_jupyter.jobs.folder import JobFolder

if TYPE_CHECKING:
    from modelop_jupyter.jobs.protocol import Message


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a deployment is to do: answer with a plan's snapshot, and compare it with a shadow's."""

    FILE: ClassVar = "wanted.json"

    generation: int
    plan: DeploymentPlan
    shadow: DeploymentPlan | None = None


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What a server process does.

    ``generation`` is the last one that it has brought about, or could not: ``problem`` says why.
    ``snapshot`` is the number of the one that answers, None before the first does. Times are in seconds
    since the epoch.
    """

    FILE: ClassVar = "status.json"

    state: DeploymentState
    generation: int
    pid: int
    began: float
    load: Load
    snapshot: int | None = None
    url: str | None = None
    ends: float | None = None
    shadow: ShadowReport | None = None
    problem: DeploymentProblem | None = None
    port: int | None = None


class DeploymentFolder(JobFolder):
    """The paths of one deployment, and reading and writing of its files."""

    __slots__ = ()

    @property
    def log_file(self) -> Path:
        return self.root / "deployment.log"

    @property
    def server_log(self) -> Path:
        return self.root / "server.log"

    @property
    def shadow_file(self) -> Path:
        return self.root / "shadow.jsonl"

    @property
    def token_file(self) -> Path:
        return self.root / "token"

    @property
    def change_lock(self) -> Path:
        return self.root / "change.lock"

    @property
    def replicas_folder(self) -> Path:
        return self.root / "replicas"

    def create(self) -> None:
        """Make the folder where it is not there."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def version_of(self, kind: type[Message]) -> tuple[int, int] | None:
        """Return what differs once a file was written again; None where it is not there."""
        try:
            state = (self.root / kind.FILE).stat()
        except FileNotFoundError:
            return None
        return state.st_ino, state.st_mtime_ns

    def replica(self, number: int) -> JobFolder:
        """Return the folder of a replica, which need not be there."""
        return JobFolder(self.replicas_folder / str(number))

    def remove_replicas(self) -> None:
        """Remove what an earlier server process has left of its replicas."""
        shutil.rmtree(self.replicas_folder, ignore_errors=True)

    @property
    def token(self) -> str | None:
        """What requests must name; None where they need nothing."""
        try:
            return self.token_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def set_token(self, token: str | None) -> None:
        """Keep what requests must name, or that they need nothing."""
        if token is None:
            self.token_file.unlink(missing_ok=True)
        else:
            files.write_text(self.token_file, token)
