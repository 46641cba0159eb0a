"""What the verbs return: values that a front door prints, displays or sends as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.distributions import Distribution
from modelop_jupyter.domain.environments import (
    BuildFailure,
    BuildStep,
    Environment,
    Interpreter,
    LockedPackage,
    Proof,
)
from modelop_jupyter.domain.failures import ErrorGroup
from modelop_jupyter.domain.jobs import Counts, JobRecord, RecordError
from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.domain.models import EntryPoints, Model, Snapshot


@dataclass(frozen=True, slots=True)
class Registration:
    """A model as `register` or an `asset` verb left it.

    ``changes`` is empty where nothing changed; ``notes`` say what is installed besides what was
    asked for, and which versions were left open; ``source`` is the text of the primary source, None
    where there is none or it is no text; ``is_captured`` says that it was made from cells.
    ``environment`` is how far that is by now.
    """

    model: Model
    created: bool
    changes: tuple[str, ...] = ()
    source: str | None = None
    is_captured: bool = False
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    environment: EnvironmentState | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """How far a model's environment is.

    ``not locked`` (its requirements were never resolved), ``not built``, ``building`` with the
    step it is at, ``failed`` with the reason of the last attempt, or ``ready``.
    """

    state: str
    environment: Environment | None = None
    step: BuildStep | None = None
    failure: BuildFailure | None = None


@dataclass(frozen=True, slots=True)
class ModelView:
    """One model with all that `show` tells of it; ``snapshot`` when ``NAME@N`` was asked for."""

    model: Model
    entry_points: EntryPoints
    assets: tuple[Asset, ...]
    snapshots: tuple[Snapshot, ...]
    environment: EnvironmentState
    jobs: tuple[JobRecord, ...]
    snapshot: Snapshot | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The answer of a verb that lists; ``nothing`` is what to say when there are no rows.

    ``more`` says how many rows were left out and how to see them, empty where all are there.
    """

    rows: tuple[Any, ...]
    nothing: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removing verb took away."""

    noun: str
    name: str


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
    """What `requirements` tells; imports and unused ones are filled by ``--check`` only.

    ``is_good`` is false when a line has a problem or an import is provided by nothing. ``unpinned``
    are the versions that were taken when it was ``resolved``; another day would have had others.
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

    @property
    def is_good(self) -> bool:
        return not (
            any(row.problem for row in self.rows)
            or any(found.verdict == "missing" for found in self.imports)
        )


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """A line of `env list`: an environment and the models whose lock it is.

    Its size counts what older ones hold, too, for those; ``freed`` is what would be free without it.
    ``is_overlay`` is one that holds what isolated kernels need, for all models.
    """

    environment: Environment
    models: tuple[str, ...]
    in_use: bool = False
    freed: int = 0
    is_pinned: bool = False
    is_overlay: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """What `env show` tells of a model's environment; ``resolved`` is when its lock was made."""

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


@dataclass(frozen=True, slots=True)
class ProofView:
    """What `env prove` saw, under the model's name."""

    model: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class KernelState:
    """What `kernel start` or `kernel stop` did: ``started``, ``runs already`` or ``stopped``."""

    record: KernelRecord
    state: str


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """One look at a job while it runs.

    ``phase`` is ``waiting``, ``environment``, ``running`` or ``done``; ``console`` are the lines the
    model printed since the last look, ``tail`` the one it is at, such as a bar of tqdm's; ``rate``
    is records per second, ``total`` an estimate of the records, ``memory`` the bytes taken now.
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
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class JobSummary:
    """One job with all that is told of it when it ends.

    ``errors`` are the first records that were rejected or failed, ``sample`` the first records
    that came out, ``log`` the log's last lines, ``artefacts`` the files a train function left in
    ``outputDir/``. ``differences`` are those of a rerun, None for other jobs and before its end.
    ``groups`` count the bad records by kind, ``spread`` are the numbers of a sample of the output.
    ``size`` is what its folder takes; one that ``is_pinned`` is never removed.
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


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in which a rerun differs from the job it repeats."""

    what: str
    first: str
    now: str


@dataclass(frozen=True, slots=True)
class JobLog:
    """A job's whole log, in ModelOp's words and order."""

    job: str
    text: str


@dataclass(frozen=True, slots=True)
class JobErrors:
    """The records of a job that were rejected or failed."""

    record: JobRecord
    errors: tuple[RecordError, ...]


@dataclass(frozen=True, slots=True)
class ErrorGroups:
    """The bad records of a job, counted by what is wrong with them."""

    record: JobRecord
    groups: tuple[ErrorGroup, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Something in ModelOp's JSON; ``path`` is the file it was written to, ``hint`` what to do next."""

    title: str
    document: Any
    path: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """What a bare ``%modelop`` tells."""

    home: str
    models: tuple[ModelRow, ...]
    environments: tuple[EnvironmentRow, ...]
    jobs: tuple[JobRecord, ...]
