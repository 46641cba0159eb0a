"""The lineage of a model: which cells and data its snapshots and jobs are of, and what came out.

A key names a node among those of one kind; jobs have the keys of what they read, snapshots those of
the cells that they were captured from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from modelop_jupyter.domain.job_states import JobState
from modelop_jupyter.domain.jobs import Counts, JobKind
from modelop_jupyter.domain.origins import CapturedFunction, GitState
from modelop_jupyter.domain.wire import OPTIONAL


@dataclass(frozen=True, slots=True)
class LineageCell:
    """A cell of the notebook with the functions and classes that were captured from it.

    Where it is stands in the last of these.
    """

    key: str
    functions: tuple[CapturedFunction, ...]

    @property
    def names(self) -> str:
        """The names of the functions and classes, with commas."""
        return ", ".join(dict.fromkeys(function.name for function in self.functions))

    @property
    def place(self) -> str:
        """The cell in few words."""
        return self.functions[-1].place


@dataclass(frozen=True, slots=True)
class Maker:
    """A job that had written a file before another has read it."""

    job: str
    snapshot: str
    output: str
    created: datetime


@dataclass(frozen=True, slots=True)
class LineageData:
    """What jobs have read: equal content is the same data, wherever it lay."""

    key: str
    name: str
    path: str
    size: int | None = None
    digest: str | None = None
    made_by: Maker | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class LineageSnapshot:
    """A snapshot; ``before`` is the one that it is compared with, None for the first."""

    ref: str
    number: int
    name: str
    created: datetime
    cells: tuple[str, ...] = ()
    before: str | None = None
    git: GitState | None = field(default=None, metadata=OPTIONAL)
    created_by: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class LineageJob:
    """A job with what it read and what came out; ``output`` is None where the job keeps it."""

    id: str
    kind: JobKind
    snapshot: int
    state: JobState
    created: datetime
    data: tuple[str, ...]
    counts: Counts
    output: str | None = None
    created_by: str | None = field(default=None, metadata=OPTIONAL)

    @property
    def short_id(self) -> str:
        """The first eight digits, enough to name a job."""
        return self.id[:8]


@dataclass(frozen=True, slots=True)
class Lineage:
    """The newest jobs of a model with all that leads to them; ``total`` is the number of its jobs.

    ``notebook`` is the file that the cells are in, empty if there is none.
    """

    model: str
    notebook: str
    cells: tuple[LineageCell, ...]
    data: tuple[LineageData, ...]
    snapshots: tuple[LineageSnapshot, ...]
    jobs: tuple[LineageJob, ...]
    total: int
