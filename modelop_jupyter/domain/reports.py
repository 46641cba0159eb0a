"""The values that verbs return; a front door prints them, displays them or sends them as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.checks import CheckStep, KeptCheck
from modelop_jupyter.domain.chunks import ChunkCounts
from modelop_jupyter.domain.deployments import Deployment, DeployStep, FailedRequest
from modelop_jupyter.domain.engines import EngineState
from modelop_jupyter.domain.environments import (
    BuildFailure,
    BuildStep,
    Environment,
    Interpreter,
    LockedPackage,
    Proof,
)
from modelop_jupyter.domain.job_states import JobState, state_of_phase
from modelop_jupyter.domain.jobs import Counts, JobRecord, RecordError
from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.domain.models import EntryPoints, Model, Snapshot
from modelop_jupyter.domain.queries import ReadingStep
from modelop_jupyter.domain.results.challenges import ChallengeStep
from modelop_jupyter.domain.results.error_groups import ErrorGroup
from modelop_jupyter.domain.results.histograms import Distribution
from modelop_jupyter.domain.usage import ResourceUsage
from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.remedies import Remedy

# What a method reports while it is waited for.
Step = BuildStep | ReadingStep | CheckStep | ChallengeStep | DeployStep


@dataclass(frozen=True, slots=True)
class EditedCell:
    """A cell of the model that was edited since it ran, with what the edit changed as a diff.

    ``id`` is the cell's in the notebook.
    """

    number: int
    id: str
    diff: str


@dataclass(frozen=True, slots=True)
class Registration:
    """The result of `register` and the `asset` verbs.

    ``changes`` is empty if nothing changed; ``notes`` name packages that are installed in addition
    and versions that are not pinned; ``source`` is the text of the primary source, None if there is
    none or it is not text; ``is_captured`` is true if it was captured from notebook cells, of which
    an older text than that of now was taken of those in ``edited``, or else is not what a file holds. ``next_steps`` are lines that may
    be run next.
    """

    model: Model
    created: bool
    changes: tuple[str, ...] = ()
    source: str | None = None
    is_captured: bool = False
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    environment: EnvironmentState | None = None
    edited: tuple[EditedCell, ...] = field(default=(), metadata=OPTIONAL)
    next_steps: tuple[Remedy, ...] = field(default=(), metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """The state of a model's environment.

    ``not locked`` (its requirements were never resolved), ``not built``, ``building`` with its
    current step, ``failed`` with the reason of the last attempt, or ``ready``.
    """

    state: str
    environment: Environment | None = None
    step: BuildStep | None = None
    failure: BuildFailure | None = None


@dataclass(frozen=True, slots=True)
class FailureReport:
    """A failure of ``subject`` as one block of text for a ticket; secrets are masked."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class NotebookChange:
    """The notebook of a model has another source than what is registered as ``ref``."""

    ref: str
    diff: str

    @property
    def sentence(self) -> str:
        """What differs, in one sentence."""
        return f"The notebook differs from {self.ref}"


@dataclass(frozen=True, slots=True)
class ModelView:
    """The result of `show`; ``snapshot`` is set if ``NAME@N`` was asked for.

    ``notebook_change`` is set if the notebook it was captured from has changed since, ``check`` is the
    last one.
    """

    model: Model
    entry_points: EntryPoints
    assets: tuple[Asset, ...]
    snapshots: tuple[Snapshot, ...]
    environment: EnvironmentState
    jobs: tuple[JobRecord, ...]
    snapshot: Snapshot | None = None
    source: str | None = None
    notebook_change: NotebookChange | None = field(default=None, metadata=OPTIONAL)
    check: KeptCheck | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Removed:
    """What a verb removed; ``kernels`` are the kernel specs that went with it."""

    noun: str
    name: str
    kernels: tuple[str, ...] = field(default=(), metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A line of `models`."""

    name: str
    snapshot: int | None
    assets: int
    entry_points: EntryPoints
    modified: datetime
    last_job: JobRecord | None = None
    description: str = ""
    environment: EnvironmentState | None = None
    tags: tuple[str, ...] = field(default=(), metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """One parsed requirement, or the problem a line has; ``locked`` is the version it was resolved to."""

    asset: str
    line: int
    text: str
    name: str | None = None
    locked: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ImportFinding:
    """An import of the source compared with the requirements.

    ``verdict`` is one of ``provided``, ``missing``, ``standard library``, ``model's own file``,
    ``optional`` (the source does without it) and ``not reached`` (in a file that the primary source
    does not import). ``remark`` says more where that is not enough.
    """

    module: str
    asset: str
    line: int
    verdict: str
    provider: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class RequirementsReport:
    """The result of `requirements`; ``imports`` and ``unused`` are filled by ``--check`` only.

    ``is_good`` is false if a line has a problem or no requirement provides an import. ``unpinned``
    are the versions that were chosen when it was ``resolved``; later they may be newer. ``as_of`` is
    the day or time whose versions they are.
    """

    model: str
    rows: tuple[RequirementRow, ...]
    additions: tuple[str, ...] = ()
    packages: tuple[LockedPackage, ...] = ()
    imports: tuple[ImportFinding, ...] = ()
    unused: tuple[str, ...] = ()
    checked: bool = False
    resolved: datetime | None = None
    unpinned: tuple[LockedPackage, ...] = ()
    notes: tuple[str, ...] = ()
    as_of: str | None = field(default=None, metadata=OPTIONAL)

    @property
    def is_good(self) -> bool:
        return not (
            any(row.problem for row in self.rows)
            or any(finding.verdict == "missing" for finding in self.imports)
        )

    @property
    def is_failure(self) -> bool:
        """Whether a check was asked for, and did not pass."""
        return self.checked and not self.is_good


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """A line of `env list`: an environment and the models whose lock it is.

    A file that several share counts for the oldest; ``freed`` is what its removal would free.
    ``is_overlay`` marks an environment with the packages that isolated kernels need.
    """

    environment: Environment
    models: tuple[str, ...]
    in_use: bool = False
    freed: int = 0
    is_pinned: bool = False
    is_overlay: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """The result of `env show`; ``resolved`` is when the lock was made, ``as_of`` for which day.

    ``python_to_install`` is the version of its Python where that is missing, and uv may install it.
    """

    model: str
    state: str
    interpreter: Interpreter | None
    packages: tuple[LockedPackage, ...]
    additions: tuple[str, ...] = ()
    environment: Environment | None = None
    step: BuildStep | None = None
    failure: BuildFailure | None = None
    resolved: datetime | None = None
    notes: tuple[str, ...] = ()
    as_of: str | None = field(default=None, metadata=OPTIONAL)
    python_to_install: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class ProofView:
    """The result of `env prove`."""

    model: str
    proof: Proof

    @property
    def is_failure(self) -> bool:
        """Whether the environment holds something else than its lock."""
        return not self.proof.is_exact


@dataclass(frozen=True, slots=True)
class KernelState:
    """The result of `kernel start` and `kernel stop`: ``started``, ``runs already`` or ``stopped``."""

    record: KernelRecord
    state: str


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """The progress of a job at one moment.

    ``phase`` is ``waiting``, ``environment``, ``running`` or ``done``; ``console`` are the lines the
    model printed since the last update, ``tail`` its unfinished line, such as a bar of tqdm; ``rate``
    is records per second, ``total`` an estimate of the records, ``usage`` what is used now.
    ``cluster`` is what the job's engine has, ``chunks`` how many of the input's parts are done.
    """

    record: JobRecord
    phase: str
    counts: Counts
    step: BuildStep | None = None
    bytes: int = 0
    total_bytes: int | None = None
    rate: float | None = None
    seconds_left: float | None = None
    console: str = ""
    tail: str = ""
    total: int | None = None
    usage: ResourceUsage | None = None
    cluster: EngineState | None = None
    chunks: ChunkCounts | None = None

    @property
    def state(self) -> JobState:
        """What the job does now, in plain words."""
        return self.record.state if self.phase == "done" else state_of_phase(self.phase)


@dataclass(frozen=True, slots=True)
class JobSummary:
    """The result of `job show`, and what is shown when a job ends.

    ``errors`` are the first records that were rejected or failed, ``sample`` the first output
    records, ``log`` the log's last lines, ``artefacts`` the files a train function left in
    ``outputDir/``. ``differences`` are those of a rerun, None for other jobs and before its end.
    ``groups`` count the bad records by kind, ``spread`` are histograms of a sample of the output.
    ``size`` is that of its folder in bytes; a job that ``is_pinned`` is never removed. ``cluster`` is
    what the job's engine had last, ``parts`` the number of objects that are the output, where its
    chunks have one each. ``remedies`` are what mends its failure. ``notebook_change`` is set if the
    notebook differs by now from what the job ran.
    """

    record: JobRecord
    errors: tuple[RecordError, ...] = ()
    metrics: Any = None
    sample: tuple[Any, ...] = ()
    log: str = ""
    environment: Environment | None = None
    artefacts: tuple[str, ...] = ()
    hint: str | None = None
    differences: tuple[Difference, ...] | None = None
    groups: tuple[ErrorGroup, ...] = ()
    spread: tuple[Distribution, ...] = ()
    size: int | None = None
    is_pinned: bool = False
    cluster: EngineState | None = None
    parts: int | None = field(default=None, metadata=OPTIONAL)
    remedies: tuple[Remedy, ...] = ()
    notebook_change: NotebookChange | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Difference:
    """One property in which a rerun differs from the job that it repeats."""

    what: str
    first: str
    now: str


@dataclass(frozen=True, slots=True)
class JobLog:
    """A job's log, in ModelOp's words and order, or what was asked for of it.

    ``note`` says why there is none, None where there is some.
    """

    job: str
    text: str
    note: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class JobErrors:
    """The records of a job that were rejected or failed."""

    record: JobRecord
    errors: tuple[RecordError, ...]


@dataclass(frozen=True, slots=True)
class ErrorGroups:
    """The bad records of a job, counted by kind."""

    record: JobRecord
    groups: tuple[ErrorGroup, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document in ModelOp's JSON; ``path`` is the file it was written to, ``hint`` the next step."""

    title: str
    document: Any
    path: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class RequestFailure:
    """The result of `deployment errors --record`: one record that got no output."""

    model: str
    failure: FailedRequest


@dataclass(frozen=True, slots=True)
class Overview:
    """The result of a bare ``%modelop``."""

    home: str
    models: tuple[ModelRow, ...]
    environments: tuple[EnvironmentRow, ...]
    jobs: tuple[JobRecord, ...]
    deployments: tuple[Deployment, ...] = ()
