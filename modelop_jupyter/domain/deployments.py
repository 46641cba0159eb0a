"""Deployments: snapshots that answer requests, and what their server processes report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from modelop_jupyter.domain.job_options import HomeAddress
from modelop_jupyter.domain.wire import OPTIONAL

FIRST_PORT = 8003
"""The port of a deployment for which none is named, or the next one that is free."""


class DeploymentState(str, Enum):
    """What the server process of a deployment does."""

    STARTING = "starting"  # the model is being initialised for the first time
    READY = "ready"
    REPLACING = "replacing"  # answers, while another snapshot is being initialised beside it
    STOPPING = "stopping"  # answers what it has, and takes nothing new
    STOPPED = "stopped"  # by ``deployment stop``, or after the time of ``--for``
    FAILED = "failed"  # no replica could be initialised
    DOWN = "down"  # nobody has stopped it, but its server process does not run

    __str__ = str.__str__

    @property
    def text(self) -> str:
        """The state in the words that every door shows; the sidebar's are in ``model/deployment.tsx``."""
        return "ready, being replaced" if self is DeploymentState.REPLACING else self.value

    @property
    def tone(self) -> Literal["good", "bad", "plain", "busy"]:
        """The meaning of the state, for its colour."""
        return _TONES[self]

    @property
    def is_answering(self) -> bool:
        """Whether requests are answered."""
        return self in (DeploymentState.READY, DeploymentState.REPLACING)

    @property
    def is_running(self) -> bool:
        """Whether there is a server process."""
        return self.is_answering or self in (DeploymentState.STARTING, DeploymentState.STOPPING)


_TONES: Mapping[DeploymentState, Literal["good", "bad", "plain", "busy"]] = {
    DeploymentState.STARTING: "busy",
    DeploymentState.READY: "good",
    DeploymentState.REPLACING: "busy",
    DeploymentState.STOPPING: "busy",
    DeploymentState.STOPPED: "plain",
    DeploymentState.FAILED: "bad",
    DeploymentState.DOWN: "bad",
}


@dataclass(frozen=True, slots=True)
class DeployStep:
    """What deploying the snapshot ``name`` waits for, once its environment is there.

    ``initialising`` is the import of its source and the call of its init function.
    ``seconds`` is the time since its process began.
    """

    name: str
    step: Literal["initialising"]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DeploymentOptions:
    """How a snapshot answers requests.

    Without a ``port`` it is the first free one from 8003 on. ``replicas`` is None for one for each
    core. ``lifetime`` is after how many seconds it stops by itself. ``schemas`` is one of ``in``,
    ``out``, ``both``, as for a batch. ``record_timeout`` is how many seconds a record may take whose
    request names no other time, ``start_timeout`` how many the model may take to be initialised.
    ``queue`` is how many records may wait for a replica, ``body_limit`` the bytes of a request.
    ``capture`` is the file that keeps inputs and outputs. A ``host`` other than loopback needs a
    token, or ``is_insecure``.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    replicas: int | None = 1
    lifetime: float | None = None
    schemas: str | None = None
    record_timeout: float = 5.0
    start_timeout: float = 60.0
    queue: int = 1000
    body_limit: int = 32_000_000
    capture: str | None = None
    is_insecure: bool = False


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """A deployment as the registry has it: each model has at most one, which has its name and id.

    ``snapshot`` is the number of the one that answers, ``previous`` of the one before, to which
    ``rollback`` goes back. ``stopped`` is None for one that is to answer. ``home`` is where its
    folder is; None where the registry serves one home only.
    """

    id: str
    model: str
    snapshot: int
    options: DeploymentOptions
    created: datetime
    previous: int | None = None
    stopped: datetime | None = None
    home: HomeAddress | None = None

    @property
    def ref(self) -> str:
        return f"{self.model}@{self.snapshot}"


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """What a deployment has answered since its server process began.

    ``requests`` are all of them, and ``refused`` those that no replica was asked for: an empty
    body, a full queue, a slot that does not exist. ``records`` were given to replicas: ``scored +
    rejected + failed + timed_out + ended``, where ``ended`` has ended its process.
    """

    requests: int = 0
    refused: int = 0
    records: int = 0
    scored: int = 0
    rejected: int = 0
    failed: int = 0
    timed_out: int = 0
    ended: int = 0

    @property
    def bad(self) -> int:
        """How many records have no output."""
        return self.rejected + self.failed + self.timed_out + self.ended


@dataclass(frozen=True, slots=True)
class Latencies:
    """How long requests took, in seconds: half of them at most ``p50``, and so on."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class LoadSecond:
    """What happened in one second, ``t`` since the epoch; ``latencies`` are None without a request."""

    t: int
    requests: int = 0
    bad: int = 0  # requests with an answer of 400 or above
    latencies: Latencies | None = None


@dataclass(frozen=True, slots=True)
class ReplicaReport:
    """A process that has initialised the model; ``memory`` in bytes is None where it is not known."""

    pid: int
    snapshot: int
    is_ready: bool
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class ShadowDifference:
    """A record for which the shadow has answered something else; all three are JSON texts."""

    record: str
    answer: str
    shadow: str


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """A snapshot whose answers are only compared; ``examples`` are the last differences.

    ``dropped`` are records that it was not asked for, as it was too far behind.
    """

    snapshot: int
    is_ready: bool
    compared: int = 0
    different: int = 0
    dropped: int = 0
    examples: tuple[ShadowDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class DeploymentProblem:
    """Why a snapshot could not be deployed, or replace another one; ``console`` is what it printed."""

    code: str
    message: str
    hint: str | None = None
    snapshot: int | None = None
    traceback: str | None = field(default=None, metadata=OPTIONAL)
    console: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Load:
    """What a deployment does, ``t`` (seconds since the epoch) being when that was written.

    ``rate`` is requests per second over the last ten, ``latencies`` are those of the last minute,
    ``seconds`` the last two minutes, oldest first; a second without a request is left out.
    """

    t: float
    counts: RequestCounts = RequestCounts()
    rate: float = 0.0
    latencies: Latencies | None = None
    waiting: int = 0
    restarts: int = 0
    replicas: tuple[ReplicaReport, ...] = ()
    seconds: tuple[LoadSecond, ...] = ()

    @property
    def memory(self) -> int | None:
        """The bytes of all replicas together; None where none is known."""
        known = [replica.memory for replica in self.replicas if replica.memory is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment as every door shows it.

    ``url`` is where it answers, None while no process does. ``began`` is when its server process
    began, ``ends`` when it stops by itself. ``problem`` is why the last snapshot could not be
    deployed, whether or not another one answers.
    """

    id: str
    model: str
    snapshot: int
    state: DeploymentState
    options: DeploymentOptions
    created: datetime
    previous: int | None = None
    url: str | None = None
    began: datetime | None = None
    ends: datetime | None = None
    stopped: datetime | None = None
    has_token: bool = False
    load: Load | None = None
    shadow: ShadowReport | None = None
    problem: DeploymentProblem | None = None
    elsewhere: HomeAddress | None = (
        None  # the home that its processes are in, if that is another one
    )

    @property
    def name(self) -> str:
        """A deployment has the name of its model."""
        return self.model

    @property
    def ref(self) -> str:
        return f"{self.model}@{self.snapshot}"


@dataclass(frozen=True, slots=True)
class DeploymentAddress:
    """Where a deployment answers, and the ``token`` that requests must name there, if any.

    ``deployment`` is its id, and ``version`` stays the same until its server process reports anew: after
    that, another program may have the port.
    """

    url: str
    token: str | None
    deployment: str = ""
    version: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FailedRequest:
    """A record that got no output: ``index`` counts those of the deployment, from 0 on.

    ``code`` and ``message`` are what was answered, ``stage`` is that of a job's record error,
    ``record`` the JSON text, ``traceback`` has the model's own frames. ``snapshot`` was asked.
    """

    index: int
    t: float
    snapshot: int
    slot: int
    code: str
    message: str
    record: str
    stage: str | None = None
    exception: str | None = None
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class FailedRequests:
    """The last records that got no output, newest first, and how many there were in all."""

    model: str
    total: int
    rows: tuple[FailedRequest, ...]


@dataclass(frozen=True, slots=True)
class DeploymentLog:
    """A part of the log of a deployment, and the offset after it."""

    model: str
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a deployment has answered to a request; ``body`` is parsed JSON, or its text."""

    status: int
    body: Any
    seconds: float
